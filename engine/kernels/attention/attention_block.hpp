#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention/attention_outputs.hpp"
#include "kernels/attention/block_source.hpp"
#include "kernels/attention/score_rules.hpp"
#include "kernels/rows/row_registers.hpp"

namespace saccade::kernels {
namespace {

/// scores[i][j] = q_i . k_j for rows from `row` on and the block's panels [first, last), which lie at
/// `panels`.
template <class L>
[[gnu::always_inline]] inline void score_panels(AttentionWork<L>& w, const RowGroup& g, std::ptrdiff_t row,
                                                std::ptrdiff_t rows, std::ptrdiff_t first,
                                                std::ptrdiff_t last, const float* panels) noexcept {
  constexpr int per_panel = static_cast<int>(panel_width) / L::count;
  panel_product<L>(
      {w.queries.from(g.first + row), rows, panels, w.a.head_dim, static_cast<int>(last - first) * per_panel,
       w.scores + row * w.score_stride + first * panel_width, w.score_stride, nullptr,
       w.maxima_found ? w.maxima + row * panel_width : nullptr},
      [&](std::ptrdiff_t, std::ptrdiff_t) -> Prefetcher& { return w.prefetcher; });
}

/// Computes scores over the panels of a key tile in which some row of a register tile has a visible key. A
/// key tile is at most as many neighbouring keys of the block as a register tile is wide.
template <class L>
void score_key_tile(AttentionWork<L>& w, const RowGroup& g, BlockSource<L>& source, KeyRange tile) noexcept {
  constexpr int per_panel = static_cast<int>(panel_width) / L::count;
  const bool every = w.keeps_every_score();
  const std::ptrdiff_t registers = blocks_of(tile.end - tile.begin, panel_width) * per_panel;
  const std::ptrdiff_t tallest = tile_rows<SumLanes<L>>(static_cast<int>(registers));
  for (std::ptrdiff_t row = 0, rows; row < g.count; row += rows) {
    rows = w.rows_sharing(g.first + row, g.count - row < tallest ? g.count - row : tallest);
    const KeyRange range = every ? tile : g.visible_to(row, rows).within(tile);
    if (range.empty()) continue;
    std::ptrdiff_t first = range.begin / panel_width;
    const std::ptrdiff_t last = blocks_of(range.end, panel_width);
    if (!every && !g.any_lane(row, rows, first, last)) continue;
    if (rows == 1 && source.score_unpacked(g.first + row, {first * panel_width, last * panel_width},
                                           w.scores + row * w.score_stride + first * panel_width))
      continue;
    source.need_keys(g.first + row, tile);
    while (first < last) {
      const std::ptrdiff_t end = source.keys_run_end(first * panel_width, last * panel_width) / panel_width;
      score_panels(w, g, row, rows, first, end, source.panels(first * panel_width));
      first = end;
    }
  }
}

/// Computes scores of all rows and keys, where the panels of all keys are contiguous at `panels`. A register
/// tile lasts only 800 cycles, so that score_key_tile's decisions for each key tile would take a measurable
/// part of them.
template <class L>
void score_all(AttentionWork<L>& w, const RowGroup& g, const float* panels) noexcept {
  constexpr std::ptrdiff_t step = tile_width<L> / panel_width;
  const std::ptrdiff_t count = blocks_of(g.keys(), panel_width);
  for (std::ptrdiff_t first = 0; first < count; first += step) {
    const std::ptrdiff_t last = first + step < count ? first + step : count;
    score_panels(w, g, 0, g.count, first, last, panels + first * panel_width * w.a.head_dim);
  }
}

/// Computes the scores of a group of rows over a block. Register tiles also find the rows' maxima, where
/// their sums are the scores that the softmax takes, of all keys of the block.
template <class L>
void score_block(AttentionWork<L>& w, const RowGroup& g, BlockSource<L>& source) noexcept {
  const bool all_visible = g.same && g.visible[0] == KeyRange{0, g.keys()};
  w.maxima_found = Panels<SumLanes<L>>::finds_maxima && !w.shapes && !w.by_key_tiles && all_visible &&
                   g.keys() % panel_width == 0 && w.a.head_dim <= depth_piece;
  if (w.maxima_found) fill<L>(w.maxima, 0, g.count * panel_width, -infinity);
  if ((all_visible || w.keeps_every_score()) && !w.several_heads && source.keys_in_place())
    return score_all(w, g, source.panels(0));
  // Where the heads of a token have different keys, side by side in memory, narrow key tiles keep a token's
  // keys in L1 for all heads.
  const bool by_head = w.several_heads && w.a.heads_per_key_head == 1;
  const std::ptrdiff_t step = by_head && tile_width<L> > 2 * panel_width ? 2 * panel_width : tile_width<L>;
  for (std::ptrdiff_t key = 0; key < g.keys(); key += step) {
    const KeyRange tile = KeyRange{key, key + step}.within({0, g.keys()});
    score_key_tile(w, g, source, tile);
  }
}

/// Replaces scores by powers, and sums the powers. Each step runs for all rows before the next, since a step
/// is short and its latency long: so the processor works on several rows at once.
///
/// Where windows hide keys, every row takes the panels in which some row has a visible key: loops of one
/// length are predicted well, and keys visible only to other rows of a register tile get the power +0.
template <class L>
void weight_block(AttentionWork<L>& w, const RowGroup& g) noexcept {
  PowerBase base[row_block];
  PanelRange panels[row_block];
  alignas(64) float lane_sums[row_block * panel_width];
  const PanelRange shared = panels_of(g.visible_to(0, g.count));
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    panels[i] = g.masked ? panels_of(g.visible[i]) : shared;
    if (g.visible[i].empty()) continue;
    float* const u = w.scores + i * w.score_stride;
    const KeyRange keys = g.visible[i];
    base[i] = w.maxima_found
                  ? base_above<L>(L::load(w.maxima + i * panel_width), u, keys.begin, keys.end, w.scale)
                  : power_base<L>(u, keys.begin, keys.end, w.scale, panels[i]);
  }
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.visible[i].empty())
      raise_row<L>(w.scores + i * w.score_stride, panels[i], base[i], lane_sums + i * panel_width);
  }
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.visible[i].empty()) w.block_state[i] = {base[i].m, reduce_lanes<L>(lane_sums + i * panel_width)};
  }
}

/// Calls run(begin, end), in order, for the parts of a range with keys visible to the rows from `row` on:
/// whole key tiles, or, where `exactly`, only keys visible to `row`.
template <class Run>
[[gnu::always_inline]] inline void each_visible(const RowGroup& g, std::ptrdiff_t row, std::ptrdiff_t rows,
                                                KeyRange range, bool exactly, const Run& run) noexcept {
  if (!g.masked) return run(range.begin, range.end);
  const std::ptrdiff_t step = exactly ? 1 : widest_tile;
  const auto any_visible = [&](std::ptrdiff_t key) {
    if (exactly) return (g.lanes[row][key / panel_width] >> (key % panel_width) & 1u) != 0;
    return g.any_lane(row, rows, key / panel_width,
                      blocks_of(key + step < range.end ? key + step : range.end, panel_width));
  };
  for (std::ptrdiff_t key = range.begin; key < range.end;) {
    std::ptrdiff_t end = key;
    while (end < range.end && any_visible(end / step * step)) end = end / step * step + step;
    if (end > range.end) end = range.end;
    if (end > key) run(key, end);
    key = end > key ? end : key / step * step + step;
  }
}

/// Stores a block's powers, relative to the block's m, where the rows' probabilities are to be written.
template <class L>
void keep_powers(const AttentionWork<L>& w, const RowGroup& g) noexcept {
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    float* const p = w.a.score_rows[g.first + i];
    if (p == nullptr) continue;
    const float* const powers = w.scores + i * w.score_stride;
    each_visible(g, i, 1, g.visible[i], true, [&](std::ptrdiff_t key, std::ptrdiff_t end) {
      for (; key < end; ++key) p[g.block.begin + key] = powers[key];
    });
  }
}

/// Some columns of the values: as many registers as a tile takes, or a partial one.
struct ValueColumns {
  std::ptrdiff_t begin;
  int registers;
  int lanes;  ///< 0: full registers
};

/// Whether the block's values are all finite.
template <class L>
bool finite_block(AttentionWork<L>& w, const RowGroup& g, const BlockSource<L>& source) noexcept {
  if (w.a.finite != nullptr) return w.a.finite[g.number] != 0;
  if (w.checked_block == g.number) return w.checked_finite;
  w.checked_block = g.number;
  w.checked_finite = true;
  for (std::ptrdiff_t key = 0; key < g.keys();) {
    const std::ptrdiff_t end = source.values_run_end(key, g.keys());
    w.checked_finite =
        copy_rows<L>(source.values(key), source.value_stride(), end - key, w.a.value_dim, nullptr, 0) &&
        w.checked_finite;
    key = end;
  }
  return w.checked_finite;
}

/// Some rows of a group, and the range of keys of the block to take.
struct RowsAndKeys {
  std::ptrdiff_t row;
  std::ptrdiff_t rows;
  KeyRange keys;
  bool resume;  ///< the chains go on from the sums
};

/// sums[i][columns] = sum_j p_ij v_j, one chain over the keys. A tile's rows add +0 for keys that are visible
/// to other rows only. Where a value is not finite that would be NaN, so that rows are computed one by one.
template <class L>
void sum_values(AttentionWork<L>& w, const RowGroup& g, const BlockSource<L>& source, RowsAndKeys part,
                ValueColumns columns, float* sums) noexcept {
  using P = PlainLanes<L>;
  const std::ptrdiff_t last = part.row + part.rows;
  const bool prefetches = columns.registers == tile_columns<L> && columns.lanes == 0;
  const TileFunction* const tiles =
      columns.lanes ? tile_set<P, PartialRows>.tiles[0] : tile_set<P, Rows>.tiles[columns.registers - 1];
  for (std::ptrdiff_t row = part.row; row < last;) {
    int height = tile_height<L>(last - row, columns.registers);
    const bool together = g.uniform(row, height) || (!w.by_key_tiles && finite_block(w, g, source));
    if (!together) height = 1;
    const float* const powers = w.scores + row * w.score_stride;
    float* const to = sums + row * w.value_stride + columns.begin;
    bool resume = part.resume;
    const KeyRange visible = g.visible_to(row, height).within(part.keys);
    each_visible(g, row, height, visible, !together, [&](std::ptrdiff_t key, std::ptrdiff_t end) {
      while (key < end) {
        const std::ptrdiff_t run_end = source.values_run_end(key, end);
        PrefetchCursor* const prefetch = prefetches ? w.prefetcher.next(run_end - key) : nullptr;
        const TileFunction* const run =
            prefetch != nullptr ? prefetching_tiles<P, Rows>(w.prefetcher.rate()) : tiles;
        run[height - 1]({powers + key, w.score_stride, source.values(key) + columns.begin,
                         source.value_stride(), columns.lanes, to, w.value_stride, run_end - key, false,
                         resume, prefetch});
        resume = true;
        key = run_end;
      }
    });
    row += height;
  }
}

/// Clears the powers of keys that are hidden from a row and visible to another: a tile multiplies them too.
template <class L>
void clear_hidden(AttentionWork<L>& w, const RowGroup& g) noexcept {
  if (g.same) return;
  const KeyRange all = g.visible_to(0, g.count);
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.masked && !g.visible[i].empty()) continue;
    const KeyRange own = g.visible[i].empty() ? KeyRange{all.end, all.end} : g.visible[i];
    fill<L>(w.scores + i * w.score_stride, all.begin, own.begin, 0.0f);
    fill<L>(w.scores + i * w.score_stride, own.end, all.end, 0.0f);
  }
}

/// sums = powers x values, in column groups as equal as they can be.
template <class L>
void sum_columns(AttentionWork<L>& w, const RowGroup& g, const BlockSource<L>& source, RowsAndKeys part,
                 float* sums) noexcept {
  const std::ptrdiff_t full = w.a.value_dim / L::count;
  const int rest = static_cast<int>(w.a.value_dim % L::count);
  const std::ptrdiff_t groups = blocks_of(full, tile_columns<L>);
  for (std::ptrdiff_t c = 0; c < groups; ++c) {
    const std::ptrdiff_t first = full * c / groups, last = full * (c + 1) / groups;
    sum_values(w, g, source, part, {first * L::count, static_cast<int>(last - first), 0}, sums);
  }
  if (rest) sum_values(w, g, source, part, {full * L::count, 1, rest}, sums);
}

/// Sums the block's values, all at once or by key tiles. A chain that continues from +0 has the bits of one
/// that begins there.
template <class L>
void sum_block(AttentionWork<L>& w, const RowGroup& g, BlockSource<L>& source, float* sums) noexcept {
  clear_hidden(w, g);
  const KeyRange all = g.visible_to(0, g.count);
  if (!w.by_key_tiles) {
    source.need_values(g.first, {0, g.keys()});
    return sum_columns(w, g, source, {0, g.count, all, false}, sums);
  }
  fill<L>(sums, 0, g.count * w.value_stride, 0.0f);
  for (std::ptrdiff_t key = all.begin / value_tile * value_tile; key < all.end; key += value_tile) {
    const KeyRange tile = KeyRange{key, key + value_tile}.within({0, g.keys()});
    for (std::ptrdiff_t row = 0, rows; row < g.count; row += rows) {
      rows = w.rows_sharing(g.first + row, g.count - row);
      if (g.visible_to(row, rows).within(tile).empty()) continue;
      source.need_values(g.first + row, tile);
      sum_columns(w, g, source, {row, rows, tile, true}, sums);
    }
  }
}

/// Merges the block into the rows. All states come first, since each has a long latency.
template <class L>
void merge_group(AttentionWork<L>& w, const RowGroup& g, const float* block_sums) noexcept {
  MergeFactors factors[row_block];
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (g.visible[i].empty()) continue;
    RowState& state = w.state[g.first + i];
    if (w.merged[g.first + i]) {
      factors[i] = merge_into(state, w.block_state[i]);
    } else {
      state = w.block_state[i];
    }
  }
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (g.visible[i].empty()) continue;
    bool& merged = w.merged[g.first + i];
    float* const sums = w.sums + (g.first + i) * w.value_stride;
    const float* const from = block_sums + i * w.value_stride;
    if (merged) {
      add_scaled<L>(sums, from, factors[i], w.value_stride);
    } else {
      copy_values<L>(from, sums, w.value_stride);
    }
    merged = true;
  }
}

/// The same for rows without an earlier block, whose sums are already in w.sums.
template <class L>
void take_group(AttentionWork<L>& w, const RowGroup& g) noexcept {
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (g.visible[i].empty()) continue;
    w.state[g.first + i] = w.block_state[i];
    w.merged[g.first + i] = true;
  }
}

/// Computes one block of keys for a group of rows. Without earlier blocks the sums go directly to w.sums.
template <class L>
void run_group(AttentionWork<L>& w, const RowGroup& g, BlockSource<L>& source) noexcept {
  score_block(w, g, source);
  for (std::ptrdiff_t i = 0; w.shapes && i < g.count; ++i) shape_row(w, g, i);
  for (std::ptrdiff_t i = 0; w.a.top > 0 && i < g.count; ++i) {
    if (!g.visible[i].empty()) update_top(w, g, i);
  }
  weight_block(w, g);
  if (w.keeps_powers()) keep_powers(w, g);
  if (w.keeps_powers() || w.a.top > 0) {
    for (std::ptrdiff_t i = 0; i < g.count; ++i)
      w.block_maxima[(g.first + i) * w.blocks + g.number] = g.visible[i].empty() ? 0.0f : w.block_state[i].m;
  }
  bool first_block = true;
  for (std::ptrdiff_t i = 0; i < g.count; ++i) first_block = first_block && !w.merged[g.first + i];
  float* const sums = first_block ? w.sums + g.first * w.value_stride : w.block_sums;
  sum_block(w, g, source, sums);
  if (w.a.states.data != nullptr) write_states(w, g, sums);
  if (first_block) return take_group(w, g);
  merge_group(w, g, sums);
}

/// Writes the outputs of some rows.
template <class L>
void finish_rows(AttentionWork<L>& w, std::ptrdiff_t first, std::ptrdiff_t count) noexcept {
  const AttentionBlock& a = w.a;
  const std::ptrdiff_t last = first + count;
  for (std::ptrdiff_t row = first; a.running.data != nullptr && row < last; ++row)
    store_running<L>(w.row(row), a.value_dim, of_row(a, a.running, row));  // without the sink
  for (std::ptrdiff_t row = first; a.sinks != nullptr && row < last; ++row) {
    MergedRow merged = w.row(row);
    merge_sink<L>(merged, a.sinks[a.head(row)], a.value_dim);
    w.state[row] = merged.state;
  }
  with_stored(a.out.type, a.out.data, [&](auto* out) {
    for (std::ptrdiff_t row = first; row < last; ++row)
      write_row<L>(w.row(row), a.value_dim, out + a.out.offset(a.query(row), a.head(row)));
  });
  for (std::ptrdiff_t row = first; a.log_sum_exp.data != nullptr && row < last; ++row)
    store_value<L>(a.log_sum_exp.type, of_row(a, a.log_sum_exp, row), 0, log_sum_exp_of(w.row(row)));
  for (std::ptrdiff_t row = first; w.keeps_powers() && row < last; ++row) write_probabilities(w, row);
  for (std::ptrdiff_t row = first; a.top > 0 && row < last; ++row) write_top(w, row);
}

/// Computes one block of keys, a group of rows after the other. After the last block it also writes a group's
/// outputs, so that these stores overlap with the next group's arithmetic.
template <class L>
void run_block(AttentionWork<L>& w, std::ptrdiff_t number, bool last) noexcept {
  RowGroup g;
  g.block = w.block(number);
  g.number = number;
  BlockSource<L> source(w, g.block);
  for (g.first = 0; g.first < w.a.rows; g.first += w.group_rows) {
    g.count = w.a.rows - g.first < w.group_rows ? w.a.rows - g.first : w.group_rows;
    find_visible_keys(w, g);
    if (!g.visible_to(0, g.count).empty() || w.keeps_every_score()) {
      run_group(w, g, source);
    } else if (w.a.states.data != nullptr) {
      write_states(w, g, w.block_sums);
    }
    if (last && w.a.out.data != nullptr) finish_rows(w, g.first, g.count);  // else states only
  }
}

/// Sets w.queries: in place, or copied where they are not f32, are not a constant stride apart, or would
/// share cache sets.
template <class L>
void take_queries(AttentionWork<L>& w) noexcept {
  const AttentionBlock& a = w.a;
  if (a.q.type == StorageType::f32 && a.heads_per_query == 1 && readable_in_place(a.q.query_stride)) {
    w.queries = rows_in_place(static_cast<const float*>(a.q.data), a.q.query_stride);
    return;
  }
  with_stored(a.q.type, a.q.data, [&](const auto* q) {
    for (std::ptrdiff_t i = 0; i < a.rows; ++i)
      copy_left_row<L>(q + a.q.offset(a.query(i), a.head(i)), a.rows, i, a.head_dim, a.scratch);
  });
  w.queries = copied_rows(a.scratch, a.rows);
}

/// Blocked attention with online softmax. For a block of 512 keys and a group of rows: scores by register
/// tiles from panels, powers row by row, powers times values by register tiles; then the block is merged. The
/// block's keys and values, 128 KiB each at head_dim 64, come to L2 once for the 48 or 96 rows; tiles take a
/// line of them every three cycles. Milakov and Gimelshein 2018, arXiv:1805.02867; Rabe and Staats 2021,
/// arXiv:2112.05682; Dao et al. 2022, arXiv:2205.14135. Contract: docs/numerics.md.
template <class L>
void attention_block(const AttentionBlock& a) noexcept {
  AttentionWork<L> w(a);
  take_queries(w);
  if (a.running.data != nullptr && !a.running_starts) {
    for (std::ptrdiff_t row = 0; row < a.rows; ++row) load_running(w, row);
  }
  for (std::ptrdiff_t i = 0; a.score_rows != nullptr && i < a.rows; ++i) {
    if (a.score_rows[i] != nullptr)
      fill<L>(a.score_rows[i], 0, a.keys, w.keeps_powers() ? no_power : -infinity);
  }
  std::ptrdiff_t first = a.first_block, last = a.last_block < w.blocks ? a.last_block : w.blocks;
  if (!w.keeps_every_score() && a.states.data == nullptr) {
    const KeyRange all = {w.in_window(0).begin, w.in_window(a.rows - 1).end};
    const std::ptrdiff_t origin = a.first_key % key_block;
    if (all.empty()) last = first;
    if ((origin + all.begin) / key_block > first) first = (origin + all.begin) / key_block;
    if (blocks_of(origin + all.end, key_block) < last) last = blocks_of(origin + all.end, key_block);
  }
  for (std::ptrdiff_t block = first; block < last; ++block) run_block(w, block, block == last - 1);
  for (std::ptrdiff_t row = 0; a.states.data != nullptr && row < a.rows; ++row) clear_states(w, row);
  if (first >= last && a.out.data != nullptr) finish_rows(w, 0, a.rows);
}

}  // namespace
}  // namespace saccade::kernels
