#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "kernels/panel_product.hpp"
#include "kernels/row_softmax.hpp"

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
};

constexpr std::ptrdiff_t value_step = 128;

/// One call's view of its scratch, and what the steps share.
template <class L>
struct AttentionWork {
  const AttentionBlock& a;
  ScoreScale scale;
  std::ptrdiff_t value_stride;  ///< of the sums
  float* queries;               ///< copy_left_rows
  float* scores;                ///< [row_block][left_stride]: one block of keys, scores and then powers
  float* block_sums;            ///< [row_block][value_stride]: sum_j p_j v_j over one block
  float* sums;                  ///< [row_block][value_stride]: merged over the blocks so far
  float* block_maxima;          ///< [row_block][blocks]: m of each block, for the probabilities
  RowState block_state[row_block];
  RowState state[row_block];
  bool seen[row_block];  ///< the row has a block merged

  explicit AttentionWork(const AttentionBlock& block) noexcept
      : a(block), scale(block.scale), value_stride(round_up(block.value_dim, panel_width)) {
    queries = a.scratch;
    scores = queries + blocks_of(a.head_dim, key_block) * row_block * left_stride;
    block_sums = scores + row_block * left_stride;
    sums = block_sums + row_block * value_stride;
    block_maxima = sums + row_block * value_stride;
    for (bool& s : seen) s = false;
  }

  /// Keys that a row sees.
  KeyRange visible(std::ptrdiff_t row) const noexcept {
    const std::ptrdiff_t position = a.first_position + row;
    return KeyRange{a.left > position ? 0 : position - a.left,
                    a.right >= a.keys - position ? a.keys : position + a.right + 1}
        .within({0, a.keys});
  }
  /// Keys that some row of [row, row + rows) sees: ranges move to the right row by row.
  KeyRange visible(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    return {visible(row).begin, visible(row + rows - 1).end};
  }
};

/// scores[i][j] = q_i . k_j for the panels of the block that row i's tile sees. Columns outer: 64 keys stay
/// in L1 while the row tiles pass over them.
template <class L>
void score_block(AttentionWork<L>& w, KeyRange block) noexcept {
  constexpr std::ptrdiff_t tall = tile_rows<L>(tile_columns<L>);
  constexpr int per_panel = static_cast<int>(panel_width) / L::count;
  constexpr std::ptrdiff_t step = tile_width<L> < panel_width ? panel_width : tile_width<L>;
  for (std::ptrdiff_t key = block.begin; key < block.end; key += step) {
    for (std::ptrdiff_t row = 0; row < w.a.rows; row += tall) {
      const std::ptrdiff_t rows = w.a.rows - row < tall ? w.a.rows - row : tall;
      const KeyRange range = w.visible(row, rows).within(block).within({key, key + step});
      if (range.empty()) continue;
      const std::ptrdiff_t first = range.begin / panel_width, last = blocks_of(range.end, panel_width);
      panel_product<L>(
          {w.queries + row * left_stride, rows, w.a.key_panels + first * panel_width * w.a.head_dim,
           w.a.head_dim, static_cast<int>(last - first) * per_panel,
           w.scores + row * left_stride + first * panel_width - block.begin, left_stride, w.block_sums});
    }
  }
}

/// scores -> powers, row by row; the row's probabilities so far, relative to the block's m, where they are
/// wanted.
template <class L>
void weight_block(AttentionWork<L>& w, KeyRange block) noexcept {
  const std::ptrdiff_t blocks = blocks_of(w.a.keys, key_block);
  for (std::ptrdiff_t row = 0; row < w.a.rows; ++row) {
    const KeyRange range = w.visible(row).within(block).relative_to(block.begin);
    if (range.empty()) continue;
    float* const u = w.scores + row * left_stride;
    w.block_state[row] = softmax_block<L>(u, range.begin, range.end, w.scale);
    if (!w.a.probabilities) continue;
    w.block_maxima[row * blocks + block.begin / key_block] = w.block_state[row].m;
    float* const p = w.a.probabilities + row * w.a.probabilities_stride + block.begin;
    for (std::ptrdiff_t j = range.begin; j < range.end; ++j) p[j] = u[j];
  }
}

/// Some columns of the values, as many registers as a tile takes, or a partial one.
struct ValueColumns {
  std::ptrdiff_t begin;
  int registers;
  int lanes;  ///< 0: full registers
};

/// block_sums[i][columns] = sum_j p_ij v_j, one chain over the block's keys. Row tiles pass over 128 keys at
/// a time, whose values (32 KiB at 64 columns) stay in L1. A tile's rows take +0 from keys that only their
/// neighbours see; where a value is not finite that would be NaN, so rows go one by one there.
template <class L>
void sum_values(AttentionWork<L>& w, KeyRange block, KeyRange keys, ValueColumns columns) noexcept {
  const bool finite = w.a.finite[block.begin / key_block] != 0;
  for (std::ptrdiff_t row = 0; row < w.a.rows;) {
    const int height = finite ? tile_height<L>(w.a.rows - row, columns.registers) : 1;
    const KeyRange in_block = w.visible(row, height).within(block);
    const KeyRange range = in_block.within(keys);
    if (!range.empty()) {
      const ProductTile tile = {w.scores + row * left_stride + range.begin - block.begin,
                                w.a.v + range.begin * w.a.v_stride + columns.begin,
                                w.a.v_stride,
                                columns.lanes,
                                w.block_sums + row * w.value_stride + columns.begin,
                                w.value_stride,
                                range.end - range.begin,
                                in_block.begin < range.begin};
      const TileFunction run = columns.lanes ? tile_set<L, PartialRows>.tiles[0][height - 1]
                                             : tile_set<L, Rows>.tiles[columns.registers - 1][height - 1];
      run(tile);
    }
    row += height;
  }
}

/// Powers that a row does not have, but a neighbour in its tile has, become +0.
template <class L>
void clear_unseen(AttentionWork<L>& w, KeyRange block) noexcept {
  for (std::ptrdiff_t row = 0; row < w.a.rows; ++row) {
    const KeyRange all = w.visible(0, w.a.rows).within(block).relative_to(block.begin);
    const KeyRange own = w.visible(row).within(block).relative_to(block.begin);
    float* const p = w.scores + row * left_stride;
    if (own.empty()) {
      clear(p, all.begin, all.end);
    } else {
      clear(p, all.begin, own.begin);
      clear(p, own.end, all.end);
    }
  }
}

/// block_sums = powers x values, in column groups as equal as they can be.
template <class L>
void sum_block(AttentionWork<L>& w, KeyRange block) noexcept {
  clear_unseen(w, block);
  const std::ptrdiff_t full = w.a.value_dim / L::count;
  const int rest = static_cast<int>(w.a.value_dim % L::count);
  const std::ptrdiff_t groups = blocks_of(full, tile_columns<L>);
  for (std::ptrdiff_t key = block.begin; key < block.end; key += value_step) {
    const KeyRange keys = KeyRange{key, key + value_step}.within(block);
    for (std::ptrdiff_t g = 0; g < groups; ++g) {
      const std::ptrdiff_t first = full * g / groups, last = full * (g + 1) / groups;
      sum_values(w, block, keys, {first * L::count, static_cast<int>(last - first), 0});
    }
    if (rest) sum_values(w, block, keys, {full * L::count, 1, rest});
  }
}

/// Joins a block to what its row has seen before, in key order. Powers of two scale exactly, so only the sums
/// round.
template <class L>
void merge_block(AttentionWork<L>& w, KeyRange block) noexcept {
  for (std::ptrdiff_t row = 0; row < w.a.rows; ++row) {
    if (w.visible(row).within(block).empty()) continue;
    const RowState b = w.block_state[row];
    RowState& s = w.state[row];
    float* const sums = w.sums + row * w.value_stride;
    const float* const block_sums = w.block_sums + row * w.value_stride;
    if (!w.seen[row]) {
      for (std::ptrdiff_t d = 0; d < w.value_stride; d += L::count)
        L::store(sums + d, L::load(block_sums + d));
      s = b;
      w.seen[row] = true;
      continue;
    }
    const float m = b.m > s.m ? b.m : s.m;
    const auto alpha = L::broadcast(rescale(s.m, m)), beta = L::broadcast(rescale(b.m, m));
    for (std::ptrdiff_t d = 0; d < w.value_stride; d += L::count)
      L::store(sums + d, L::fma(L::load(sums + d), alpha, L::load(block_sums + d) * beta));
    s = merge(s, b);
  }
}

/// out = sums / l; zeros for a row that saw no key. Adding +0 makes every zero the same zero.
template <class L>
void write_out(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  float* const out = w.a.out + row * w.a.out_stride;
  const float* const sums = w.sums + row * w.value_stride;
  const bool seen = w.seen[row];
  const auto zero = L::broadcast(0.0f), r = L::broadcast(seen ? 1.0f / w.state[row].l : 0.0f);
  for (std::ptrdiff_t d = 0; d < w.a.value_dim; d += L::count) {
    const auto x = seen ? L::load(sums + d) * r + zero : zero;
    if (w.a.value_dim - d >= L::count) {
      L::store(out + d, x);
    } else {
      L::store(out + d, x, static_cast<int>(w.a.value_dim - d));
    }
  }
}

/// p = (power * 2^(m_block - m)) / l over the row's visible keys, +0 elsewhere.
template <class L>
void write_probabilities(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  float* const p = w.a.probabilities + row * w.a.probabilities_stride;
  const KeyRange range = w.visible(row);
  if (range.empty()) return clear(p, 0, w.a.keys);
  clear(p, 0, range.begin);
  clear(p, range.end, w.a.keys);
  const std::ptrdiff_t blocks = blocks_of(w.a.keys, key_block);
  const float r = 1.0f / w.state[row].l;
  for (std::ptrdiff_t b = range.begin / key_block; b * key_block < range.end; ++b) {
    const KeyRange keys = range.within({b * key_block, (b + 1) * key_block});
    const float factor = rescale(w.block_maxima[row * blocks + b], w.state[row].m);
    for (std::ptrdiff_t j = keys.begin; j < keys.end; ++j) p[j] = p[j] * factor * r;
  }
}

/// Blocked attention with online softmax. For a block of 512 keys: scores by register tiles from panels,
/// powers row by row, powers times values by register tiles; then the block is merged. 48 rows: 100 KiB of
/// scores, in L2 beside 128 KiB of keys and of values at head_dim 64, each read once for the 48 rows. Milakov
/// and Gimelshein 2018, arXiv:1805.02867; Rabe and Staats 2021, arXiv:2112.05682; Dao et al. 2022,
/// arXiv:2205.14135. Contract: engine/README.md.
template <class L>
void attention_block(const AttentionBlock& a) noexcept {
  AttentionWork<L> w(a);
  copy_left_rows<L>(a.q, a.q_stride, a.rows, a.head_dim, w.queries);
  const KeyRange all = w.visible(0, a.rows);
  for (std::ptrdiff_t b = all.begin / key_block; b * key_block < all.end; ++b) {
    const KeyRange block = KeyRange{b * key_block, (b + 1) * key_block}.within({0, a.keys});
    score_block(w, block);
    weight_block(w, block);
    sum_block(w, block);
    merge_block(w, block);
  }
  for (std::ptrdiff_t row = 0; row < a.rows; ++row) {
    write_out(w, row);
    if (a.probabilities) write_probabilities(w, row);
  }
}

}  // namespace
}  // namespace saccade::kernels
