#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention/attention_parameters.hpp"
#include "kernels/attention/row_softmax.hpp"
#include "kernels/product/panel_product.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

/// A half-open range of keys; empty where end <= begin.
struct KeyRange {
  std::ptrdiff_t begin;
  std::ptrdiff_t end;

  bool empty() const noexcept { return end <= begin; }
  KeyRange within(KeyRange other) const noexcept {
    return {begin > other.begin ? begin : other.begin, end < other.end ? end : other.end};
  }
  KeyRange relative_to(std::ptrdiff_t origin) const noexcept { return {begin - origin, end - origin}; }
  bool operator==(const KeyRange&) const = default;
};

inline PanelRange panels_of(KeyRange keys) noexcept {
  return {keys.begin / panel_width * panel_width, round_up(keys.end, panel_width)};
}

/// Rows that go through a block of keys together: their scores, at most 25 KiB, stay in L1 between the three
/// passes. Keys are counted from the block's first.
struct RowGroup {
  std::ptrdiff_t first;
  std::ptrdiff_t count;
  KeyRange block;            ///< among the sequence's keys
  std::ptrdiff_t number;     ///< of the block
  KeyRange seen[row_block];  ///< each row sees nothing outside of it, nor at its ends
  bool same;                 ///< all rows see seen[0], and all of it
  bool masked;               ///< what a row sees inside of it is told by `lanes`; else all of it
  std::uint16_t lanes[row_block][key_block / panel_width];  ///< bit c of word p: key 16 p + c is seen
  std::uint32_t panels[row_block];                          ///< bit p: word p is not 0

  std::ptrdiff_t keys() const noexcept { return block.end - block.begin; }

  /// Keys that some of these rows may see.
  KeyRange seen_by(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (same) return seen[0];
    const KeyRange top = seen[row], bottom = seen[row + rows - 1];
    if (!masked && !top.empty() && !bottom.empty())
      return {top.begin, bottom.end};  // both ends of a window move on
    KeyRange all = {key_block, 0};
    for (std::ptrdiff_t i = row; i < row + rows; ++i) {
      if (seen[i].empty()) continue;
      all = {seen[i].begin < all.begin ? seen[i].begin : all.begin,
             seen[i].end > all.end ? seen[i].end : all.end};
    }
    return all;
  }
  /// Each of these rows sees all of seen_by.
  bool uniform(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (same) return true;
    for (std::ptrdiff_t i = row + 1; i < row + rows; ++i) {
      if (!(seen[i] == seen[row])) return false;
    }
    return !masked;
  }
  /// Some of these rows see some key of these panels.
  bool any_lane(std::ptrdiff_t row, std::ptrdiff_t rows, std::ptrdiff_t first_panel,
                std::ptrdiff_t last_panel) const noexcept {
    if (!masked) return true;
    std::uint32_t any = 0;
    for (std::ptrdiff_t i = row; i < row + rows; ++i) any |= panels[i];
    return (any >> first_panel & (~std::uint32_t{0} >> (32 - (last_panel - first_panel)))) != 0;
  }
};
static_assert(row_block % row_group == 0 && key_block / panel_width <= 32);

/// Rows of a group, for blocks of at most `keys` keys: more where keys are few, so that keys and values come
/// to L1 less often and steps wait for one another less, but not more scores than leave room for them. Where
/// rows see different keys, they also work on those that only others see: at most 24.
constexpr std::ptrdiff_t most_group_rows(std::ptrdiff_t keys, bool rows_differ) {
  constexpr std::ptrdiff_t most_scores = 4608;
  static_assert(most_scores + 2 * panel_width * row_block <= row_group * left_stride);
  std::ptrdiff_t rows = row_group;
  const std::ptrdiff_t most = rows_differ ? 2 * row_group : row_block;
  while (2 * rows <= most && 2 * rows * keys <= most_scores) rows *= 2;
  return rows;
}

/// A window that reaches so far has no end, and its sum with any position does not overflow.
constexpr std::ptrdiff_t farthest = std::ptrdiff_t{1} << 61;

/// What belongs to row i of a block.
template <class Pointer>
Pointer of_row(const AttentionBlock& a, const ByRow<Pointer>& all, std::ptrdiff_t row) noexcept {
  return all.at(a.query(row), a.head(row));
}

/// A row's blocks so far: the sums are relative to 2^state.m.
struct MergedRow {
  float* sums;
  RowState state;
  bool any;
};

/// One call's view of its scratch, and what the steps share.
template <class L>
struct AttentionWork {
  const AttentionBlock& a;
  bool plain;                  ///< scores need only the factor that the power applies anyway
  bool shapes;                 ///< something is done to scores, or they are wanted
  bool several_heads;          ///< rows have different keys
  bool by_windows;             ///< keys and values are taken a window at a time
  ScoreScale scale;            ///< of the power
  std::ptrdiff_t left, right;  ///< of the window, at most `farthest`
  std::ptrdiff_t group_rows;   ///< of the largest group
  std::ptrdiff_t
      score_stride;  ///< from row to row: an odd number of lines, so that they spread over cache sets
  std::ptrdiff_t value_stride;  ///< of the sums
  std::ptrdiff_t blocks;        ///< key blocks of the sequence
  LeftRows queries;
  float* scores;        ///< [group_rows][score_stride]: of one block of keys, scores and then powers
  float* block_sums;    ///< [group_rows][value_stride]: sum_j p_j v_j over one block
  float* sums;          ///< [tall_row_block][value_stride]: merged over the blocks so far
  float* block_maxima;  ///< [tall_row_block][blocks]: m of each block, for the probabilities
  float* top_scores;    ///< [tall_row_block][top], descending
  float* top_keys;      ///< [tall_row_block][top], the bits of their keys
  float* block_keys;    ///< panels of a block that has to be converted
  float* block_values;  ///< [key_block][value_stride] of one
  std::ptrdiff_t top_count[tall_row_block];
  bool maxima_found;                                  ///< by the tiles of the group's scores
  alignas(64) float maxima[row_block * panel_width];  ///< of each row's lanes, a register each
  RowState block_state[row_block];
  RowState state[tall_row_block];
  bool merged[tall_row_block];        ///< the row has a block in sums and state
  std::ptrdiff_t checked_block = -1;  ///< whose values' finiteness is known as `checked_finite`
  bool checked_finite = false;
  Prefetcher prefetcher;

  explicit AttentionWork(const AttentionBlock& block) noexcept
      : a(block),
        plain(block.rules.scale > 0.0f && block.rules.softcap == 0.0f && block.rules.bias.data == nullptr &&
              block.rules.distance_bias == nullptr),
        shapes(!plain || block.rules.mask.data != nullptr || block.score_rows != nullptr),
        several_heads(block.heads_per_key_head < block.heads_per_query),
        by_windows(several_heads || (block.source.converts() && block.rows <= row_group)),
        scale(plain ? block.rules.scale : 1.0f),
        left(block.rules.left < farthest ? block.rules.left : farthest),
        right(block.rules.right < farthest ? block.rules.right : farthest),
        group_rows(most_group_rows(most_block_keys(), rows_differ())),
        score_stride((blocks_of(most_block_keys(), panel_width) | 1) * panel_width),
        value_stride(round_up(block.value_dim, panel_width)),
        blocks(key_blocks(block.keys, block.first_key)),
        prefetcher(by_windows || !sums_in_fp32<L> ? Prefetcher() : Prefetcher(a.ahead, prefetch_rounds())) {
    scores = a.scratch + AttentionScratch::queries(a.head_dim);
    block_sums = scores + row_group * left_stride;
    sums = block_sums + row_block * value_stride;
    block_maxima = sums + tall_row_block * value_stride;
    top_scores = block_maxima + round_up(tall_row_block * blocks, panel_width);
    top_keys = top_scores + tall_row_block * a.top;
    block_keys = top_scores + round_up(2 * tall_row_block * a.top, panel_width);
    block_values = block_keys + key_block * a.head_dim;
    for (std::ptrdiff_t i = 0; i < a.rows; ++i) {
      merged[i] = false;
      top_count[i] = 0;
    }
  }

  std::ptrdiff_t most_block_keys() const noexcept { return a.keys < key_block ? a.keys : key_block; }
  /// A window or mask hides keys.
  bool rows_differ() const noexcept {
    const KeyRange all = {0, a.keys};
    return a.rules.mask.data != nullptr || !(visible(0) == all && visible(a.rows - 1) == all);
  }

  /// Rounds of the tiles of full width.
  std::ptrdiff_t prefetch_rounds() const noexcept {
    const std::ptrdiff_t keys = visible(a.rows - 1).end - visible(0).begin;
    const std::ptrdiff_t registers = a.value_dim / L::count, groups = blocks_of(registers, tile_columns<L>);
    const std::ptrdiff_t narrower =
        groups * tile_columns<L> - registers;  // groups of values, by a register each
    const std::ptrdiff_t of_scores = keys / tile_width<L> * (a.head_dim / round_steps);
    const std::ptrdiff_t of_values = (narrower < groups ? groups - narrower : 0) * (keys / round_steps);
    return blocks_of(a.rows, tile_rows<L>(tile_columns<L>)) * (of_scores + of_values);
  }

  /// Which of the neighbouring heads' keys a row has.
  std::ptrdiff_t key_head(std::ptrdiff_t row) const noexcept {
    return several_heads ? a.head(row) / a.heads_per_key_head : 0;
  }
  /// Rows from `row` on that have the same keys, at most `rows`.
  std::ptrdiff_t rows_sharing(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (!several_heads) return rows;
    const std::ptrdiff_t left_of_head = a.heads_per_key_head - a.head(row) % a.heads_per_key_head;
    return left_of_head < rows ? left_of_head : rows;
  }

  /// Scores are wanted as they are on their way, of all keys.
  bool keeps_every_score() const noexcept {
    return a.score_rows != nullptr && (a.point == ScorePoint::scaled || a.point == ScorePoint::capped);
  }
  bool keeps_powers() const noexcept {
    return a.score_rows != nullptr && a.point == ScorePoint::probabilities;
  }

  MergedRow row(std::ptrdiff_t row) const noexcept {
    return {sums + row * value_stride, state[row], merged[row]};
  }
  std::ptrdiff_t position(std::ptrdiff_t row) const noexcept { return a.first_position + a.query(row); }

  /// Keys that the window shows a row.
  KeyRange visible(std::ptrdiff_t row) const noexcept {
    const std::ptrdiff_t at = position(row) - a.first_key;
    return KeyRange{at - left, at + right + 1}.within({0, a.keys});
  }

  /// Keys of a block, counted from that of key 0.
  KeyRange block(std::ptrdiff_t number) const noexcept {
    const std::ptrdiff_t begin = number * key_block - a.first_key % key_block;
    return KeyRange{begin, begin + key_block}.within({0, a.keys});
  }
};

}  // namespace
}  // namespace saccade::kernels
