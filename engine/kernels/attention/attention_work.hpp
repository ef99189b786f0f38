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

/// Rows that are computed together over a block of keys: their scores, at most 25 KiB, stay in L1 between the
/// three passes (scores, powers, values). Keys are counted from the block's first.
struct RowGroup {
  std::ptrdiff_t first;
  std::ptrdiff_t count;
  KeyRange block;               ///< among the sequence's keys
  std::ptrdiff_t number;        ///< of the block
  KeyRange visible[row_block];  ///< of each row: from its first visible key to its last
  bool same;                    ///< to all rows the same keys are visible: all of visible[0]
  bool masked;                  ///< keys within visible[i] may be hidden: see `lanes`
  std::uint16_t lanes[row_block][key_block / panel_width];  ///< bit c of word p: key 16 p + c is visible
  std::uint32_t panels[row_block];                          ///< bit p: word p is not 0

  std::ptrdiff_t keys() const noexcept { return block.end - block.begin; }

  /// A range that contains all keys visible to some of these rows.
  KeyRange visible_to(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (same) return visible[0];
    const KeyRange top = visible[row], bottom = visible[row + rows - 1];
    if (!masked && !top.empty() && !bottom.empty())
      return {top.begin, bottom.end};  // both ends of a window ascend with the rows
    KeyRange all = {key_block, 0};
    for (std::ptrdiff_t i = row; i < row + rows; ++i) {
      if (visible[i].empty()) continue;
      all = {visible[i].begin < all.begin ? visible[i].begin : all.begin,
             visible[i].end > all.end ? visible[i].end : all.end};
    }
    return all;
  }
  /// Whether all of visible_to(row, rows) is visible to each of these rows.
  bool uniform(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (same) return true;
    for (std::ptrdiff_t i = row + 1; i < row + rows; ++i) {
      if (!(visible[i] == visible[row])) return false;
    }
    return !masked;
  }
  /// Whether a key of these panels is visible to some of these rows.
  bool any_lane(std::ptrdiff_t row, std::ptrdiff_t rows, std::ptrdiff_t first_panel,
                std::ptrdiff_t last_panel) const noexcept {
    if (!masked) return true;
    std::uint32_t any = 0;
    for (std::ptrdiff_t i = row; i < row + rows; ++i) any |= panels[i];
    return (any >> first_panel & (~std::uint32_t{0} >> (32 - (last_panel - first_panel)))) != 0;
  }
};
static_assert(row_block % row_group == 0 && key_block / panel_width <= 32);

/// Rows of a group, for blocks of at most `keys` keys. Few keys allow more rows, so that keys and values are
/// loaded into L1 less often and latencies overlap, up to the scores that leave room for keys and values in
/// L1. At most 24 where rows differ in their visible keys, since all rows compute all keys that one of them
/// needs.
constexpr std::ptrdiff_t most_group_rows(std::ptrdiff_t keys, bool rows_differ) {
  constexpr std::ptrdiff_t most_scores = 4608;
  static_assert(most_scores + 2 * panel_width * row_block <= row_group * left_stride);
  std::ptrdiff_t rows = row_group;
  const std::ptrdiff_t most = rows_differ ? 2 * row_group : row_block;
  while (2 * rows <= most && 2 * rows * keys <= most_scores) rows *= 2;
  return rows;
}

/// The largest left and right of a window: it hides nothing, and adding it to a position does not overflow.
constexpr std::ptrdiff_t max_window_reach = std::ptrdiff_t{1} << 61;

/// What belongs to row i of a block.
template <class Pointer>
Pointer of_row(const AttentionBlock& a, const ByRow<Pointer>& all, std::ptrdiff_t row) noexcept {
  return all.at(a.query(row), a.head(row));
}

/// The merged blocks of a row: the sums are relative to 2^state.m.
struct MergedRow {
  float* sums;
  RowState state;
  bool any;
};

/// The state of one call: the layout of its scratch, and what its steps share.
template <class L>
struct AttentionWork {
  const AttentionBlock& a;
  bool plain;                   ///< scores are only scaled, which raising them to powers includes
  bool shapes;                  ///< scores are changed before the softmax, or the caller takes them
  bool several_heads;           ///< rows have different keys
  bool by_key_tiles;            ///< keys and values are taken a key tile at a time
  ScoreScale scale;             ///< of the power
  std::ptrdiff_t left, right;   ///< of the window, at most `max_window_reach`
  std::ptrdiff_t group_rows;    ///< of the largest group
  std::ptrdiff_t score_stride;  ///< of a row of scores: an odd number of cache lines, so that rows spread
                                ///< over cache sets
  std::ptrdiff_t value_stride;  ///< of the sums
  std::ptrdiff_t blocks;        ///< key blocks of the sequence
  LeftRows queries;
  float* scores;        ///< [group_rows][score_stride]: of one block of keys, scores and then powers
  float* block_sums;    ///< [group_rows][value_stride]: sum_j p_j v_j over one block
  float* sums;          ///< [max_row_block][value_stride]: merged over the blocks so far
  float* block_maxima;  ///< [max_row_block][blocks]: m of each block, for the probabilities
  float* top_scores;    ///< [max_row_block][top], descending
  float* top_keys;      ///< [max_row_block][top], the bits of their keys
  float* block_keys;    ///< panels of a block whose keys are converted
  float* block_values;  ///< [key_block][value_stride] of a block whose values are converted
  std::ptrdiff_t top_count[max_row_block];
  bool maxima_found;                                  ///< the score tiles have written `maxima`
  alignas(64) float maxima[row_block * panel_width];  ///< of each row's lanes, a register each
  RowState block_state[row_block];
  RowState state[max_row_block];
  bool merged[max_row_block];         ///< the row has a block in sums and state
  std::ptrdiff_t checked_block = -1;  ///< the block that checked_finite is about
  bool checked_finite = false;
  Prefetcher prefetcher;

  explicit AttentionWork(const AttentionBlock& block) noexcept
      : a(block),
        plain(block.rules.scale > 0.0f && block.rules.softcap == 0.0f && block.rules.bias.data == nullptr &&
              block.rules.distance_bias == nullptr),
        shapes(!plain || block.rules.mask.data != nullptr || block.score_rows != nullptr),
        several_heads(block.heads_per_key_head < block.heads_per_query),
        by_key_tiles(several_heads || (block.source.converts() && block.rows <= row_group)),
        scale(plain ? block.rules.scale : 1.0f),
        left(block.rules.left < max_window_reach ? block.rules.left : max_window_reach),
        right(block.rules.right < max_window_reach ? block.rules.right : max_window_reach),
        group_rows(most_group_rows(most_block_keys(), rows_differ())),
        score_stride((blocks_of(most_block_keys(), panel_width) | 1) * panel_width),
        value_stride(round_up(block.value_dim, panel_width)),
        blocks(key_blocks(block.keys, block.first_key)),
        prefetcher(by_key_tiles || !sums_in_fp32<L> ? Prefetcher() : Prefetcher(a.ahead, prefetch_rounds())) {
    scores = a.scratch + AttentionScratch::queries(a.head_dim);
    block_sums = scores + row_group * left_stride;
    sums = block_sums + row_block * value_stride;
    block_maxima = sums + max_row_block * value_stride;
    top_scores = block_maxima + round_up(max_row_block * blocks, panel_width);
    top_keys = top_scores + max_row_block * a.top;
    block_keys = top_scores + round_up(2 * max_row_block * a.top, panel_width);
    block_values = block_keys + key_block * a.head_dim;
    for (std::ptrdiff_t i = 0; i < a.rows; ++i) {
      merged[i] = false;
      top_count[i] = 0;
    }
  }

  std::ptrdiff_t most_block_keys() const noexcept { return a.keys < key_block ? a.keys : key_block; }
  /// Whether a window or mask hides keys.
  bool rows_differ() const noexcept {
    const KeyRange all = {0, a.keys};
    return a.rules.mask.data != nullptr || !(in_window(0) == all && in_window(a.rows - 1) == all);
  }

  /// Rounds of the tiles of full width, which can prefetch.
  std::ptrdiff_t prefetch_rounds() const noexcept {
    const std::ptrdiff_t keys = in_window(a.rows - 1).end - in_window(0).begin;
    const std::ptrdiff_t registers = a.value_dim / L::count, groups = blocks_of(registers, tile_columns<L>);
    const std::ptrdiff_t narrower =
        groups * tile_columns<L> - registers;  // groups of values, by a register each
    const std::ptrdiff_t of_scores = keys / tile_width<L> * (a.head_dim / round_steps);
    const std::ptrdiff_t of_values = (narrower < groups ? groups - narrower : 0) * (keys / round_steps);
    return blocks_of(a.rows, tile_rows<L>(tile_columns<L>)) * (of_scores + of_values);
  }

  /// The key head of a row, among those of this call.
  std::ptrdiff_t key_head(std::ptrdiff_t row) const noexcept {
    return several_heads ? a.head(row) / a.heads_per_key_head : 0;
  }
  /// Rows from `row` on that have the same keys, at most `rows`.
  std::ptrdiff_t rows_sharing(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    if (!several_heads) return rows;
    const std::ptrdiff_t left_of_head = a.heads_per_key_head - a.head(row) % a.heads_per_key_head;
    return left_of_head < rows ? left_of_head : rows;
  }

  /// Whether the caller takes scores before masking: then of all keys, visible or not.
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

  /// The keys within a row's window.
  KeyRange in_window(std::ptrdiff_t row) const noexcept {
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
