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

/// Rows that go through a block of keys together: their scores, 25 KiB, stay in L1 between the three passes.
struct RowGroup {
  std::ptrdiff_t first;
  std::ptrdiff_t count;
  KeyRange block;
  KeyRange seen[row_group];  ///< keys of the block that each row sees, counted from the block's first

  /// Keys that some of these rows see: ranges move to the right row by row.
  KeyRange seen_by(std::ptrdiff_t row, std::ptrdiff_t rows) const noexcept {
    return {seen[row].begin, seen[row + rows - 1].end};
  }
};
static_assert(row_block % row_group == 0);

/// A window that reaches so far has no end, and its sum with any position does not overflow.
constexpr std::ptrdiff_t farthest = std::ptrdiff_t{1} << 61;

/// Asks for rows a few lines at a time: many at once would keep the tiles' own loads waiting.
class Asker {
 public:
  Asker(const AttentionBlock& a, std::ptrdiff_t times) noexcept
      : areas_{{a.out, a.out_stride, a.rows, a.value_dim}, a.ahead[0], a.ahead[1], a.ahead[2]} {
    std::ptrdiff_t lines = 0;
    for (const StridedRows& area : areas_) lines += area.rows * blocks_of(area.width, line);
    each_time_ = blocks_of(lines, times);
  }

  void ask() noexcept {
    for (std::ptrdiff_t i = 0; i < each_time_ && area_ < 4;) {
      StridedRows& area = areas_[area_];
      if (area.rows == 0) {
        ++area_;
        continue;
      }
      __builtin_prefetch(area.data + column_, 0, 2);
      ++i;
      column_ += line;
      if (column_ < area.width) continue;
      column_ = 0;
      area.data += area.stride;
      --area.rows;
    }
  }

 private:
  static constexpr std::ptrdiff_t line = 16;  // floats
  StridedRows areas_[4];
  std::ptrdiff_t each_time_;
  std::ptrdiff_t area_ = 0, column_ = 0;
};

/// One call's view of its scratch, and what the steps share.
template <class L>
struct AttentionWork {
  const AttentionBlock& a;
  ScoreScale scale;
  std::ptrdiff_t left, right;   ///< of the window, at most `farthest`
  std::ptrdiff_t value_stride;  ///< of the sums
  float* queries;               ///< copy_left_rows
  float* scores;                ///< [row_group][left_stride]: of one block of keys, scores and then powers
  float* block_sums;            ///< [row_group][value_stride]: sum_j p_j v_j over one block
  float* sums;                  ///< [row_block][value_stride]: merged over the blocks so far
  float* block_maxima;          ///< [row_block][blocks]: m of each block, for the probabilities
  RowState block_state[row_group];
  RowState state[row_block];
  bool merged[row_block];  ///< the row has a block in sums and state
  Asker asker;

  explicit AttentionWork(const AttentionBlock& block) noexcept
      : a(block),
        scale(block.scale),
        left(block.left < farthest ? block.left : farthest),
        right(block.right < farthest ? block.right : farthest),
        value_stride(round_up(block.value_dim, panel_width)),
        asker(block,
              blocks_of(block.rows, tile_rows<L>(tile_columns<L>)) * blocks_of(block.keys, tile_width<L>)) {
    queries = a.scratch;
    scores = queries + left_values(row_block, a.head_dim);
    block_sums = scores + row_group * left_stride;
    sums = block_sums + row_group * value_stride;
    block_maxima = sums + row_block * value_stride;
    for (bool& m : merged) m = false;
  }

  /// Keys that a row sees.
  KeyRange visible(std::ptrdiff_t row) const noexcept {
    const std::ptrdiff_t position = a.first_position + row;
    return KeyRange{position - left, position + right + 1}.within({0, a.keys});
  }

  RowGroup group(std::ptrdiff_t first, KeyRange block) const noexcept {
    RowGroup g = {first, a.rows - first < row_group ? a.rows - first : row_group, block, {}};
    for (std::ptrdiff_t i = 0; i < g.count; ++i)
      g.seen[i] = visible(first + i).within(block).relative_to(block.begin);
    return g;
  }
};

/// scores[i][j] = q_i . k_j for the panels of the block that row i's tile sees.
template <class L>
void score_block(AttentionWork<L>& w, const RowGroup& g) noexcept {
  constexpr std::ptrdiff_t tall = tile_rows<L>(tile_columns<L>);
  constexpr int per_panel = static_cast<int>(panel_width) / L::count;
  for (std::ptrdiff_t key = 0; key < g.block.end - g.block.begin; key += tile_width<L>) {
    for (std::ptrdiff_t row = 0; row < g.count; row += tall) {
      const std::ptrdiff_t rows = g.count - row < tall ? g.count - row : tall;
      const KeyRange range = g.seen_by(row, rows).within({key, key + tile_width<L>});
      if (range.empty()) continue;
      w.asker.ask();
      const std::ptrdiff_t first = range.begin / panel_width, last = blocks_of(range.end, panel_width);
      panel_product<L>({w.queries + (g.first + row) * left_stride, w.a.rows, rows,
                        w.a.key_panels + (g.block.begin + first * panel_width) * w.a.head_dim, w.a.head_dim,
                        static_cast<int>(last - first) * per_panel,
                        w.scores + row * left_stride + first * panel_width, left_stride, nullptr});
    }
  }
}

/// scores -> powers, and their sums. Each step for all rows before the next: a step is short and its latency
/// long, so the processor works on several rows at once.
template <class L>
void weight_block(AttentionWork<L>& w, const RowGroup& g) noexcept {
  PowerBase base[row_group];
  alignas(64) float lane_sums[row_group * panel_width];
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.seen[i].empty())
      base[i] = power_base<L>(w.scores + i * left_stride, g.seen[i].begin, g.seen[i].end, w.scale);
  }
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.seen[i].empty()) raise_row<L>(w.scores + i * left_stride, base[i], lane_sums + i * panel_width);
  }
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (!g.seen[i].empty()) w.block_state[i] = {base[i].m, reduce_lanes<L>(lane_sums + i * panel_width)};
  }
}

/// Keeps a block's powers as the rows' probabilities so far, relative to the block's m.
template <class L>
void keep_probabilities(AttentionWork<L>& w, const RowGroup& g) noexcept {
  const std::ptrdiff_t blocks = blocks_of(w.a.keys, key_block);
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    const std::ptrdiff_t row = g.first + i;
    const KeyRange range = g.seen[i];
    if (range.empty()) continue;
    w.block_maxima[row * blocks + g.block.begin / key_block] = w.block_state[i].m;
    float* const p = w.a.probabilities + row * w.a.probabilities_stride + g.block.begin;
    for (std::ptrdiff_t j = range.begin; j < range.end; ++j) p[j] = w.scores[i * left_stride + j];
  }
}

/// Some columns of the values, as many registers as a tile takes, or a partial one.
struct ValueColumns {
  std::ptrdiff_t begin;
  int registers;
  int lanes;  ///< 0: full registers
};

/// sums[i][columns] = sum_j p_ij v_j, one chain over the block's keys. A tile's rows take +0 from keys that
/// only their neighbours see; where a value is not finite that would be NaN, so rows go one by one there.
template <class L>
void sum_values(AttentionWork<L>& w, const RowGroup& g, ValueColumns columns, float* sums) noexcept {
  const bool finite = w.a.finite[g.block.begin / key_block] != 0;
  for (std::ptrdiff_t row = 0; row < g.count;) {
    const int height = finite ? tile_height<L>(g.count - row, columns.registers) : 1;
    const KeyRange range = g.seen_by(row, height);
    if (!range.empty()) {
      const TileFunction run = columns.lanes ? tile_set<L, PartialRows>.tiles[0][height - 1]
                                             : tile_set<L, Rows>.tiles[columns.registers - 1][height - 1];
      run({w.scores + row * left_stride + range.begin,
           w.a.v + (g.block.begin + range.begin) * w.a.v_stride + columns.begin, w.a.v_stride, columns.lanes,
           sums + row * w.value_stride + columns.begin, w.value_stride, range.end - range.begin, false,
           nullptr});
    }
    row += height;
  }
}

/// Powers that a row does not have, but a neighbour in its tile has, become +0.
template <class L>
void clear_unseen(AttentionWork<L>& w, const RowGroup& g) noexcept {
  const KeyRange all = g.seen_by(0, g.count);
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    const KeyRange own = g.seen[i].empty() ? KeyRange{all.end, all.end} : g.seen[i];
    fill<L>(w.scores + i * left_stride, all.begin, own.begin, 0.0f);
    fill<L>(w.scores + i * left_stride, own.end, all.end, 0.0f);
  }
}

/// sums = powers x values, in column groups as equal as they can be.
template <class L>
void sum_block(AttentionWork<L>& w, const RowGroup& g, float* sums) noexcept {
  clear_unseen(w, g);
  const std::ptrdiff_t full = w.a.value_dim / L::count;
  const int rest = static_cast<int>(w.a.value_dim % L::count);
  const std::ptrdiff_t groups = blocks_of(full, tile_columns<L>);
  for (std::ptrdiff_t c = 0; c < groups; ++c) {
    const std::ptrdiff_t first = full * c / groups, last = full * (c + 1) / groups;
    sum_values(w, g, {first * L::count, static_cast<int>(last - first), 0}, sums);
  }
  if (rest) sum_values(w, g, {full * L::count, 1, rest}, sums);
}

/// Joins a block to what its row has merged before, in key order. Powers of two scale exactly, so only the
/// sums round.
template <class L>
void merge_row(AttentionWork<L>& w, std::ptrdiff_t row, RowState block, const float* block_sums) noexcept {
  float* const sums = w.sums + row * w.value_stride;
  if (!w.merged[row]) {
    for (std::ptrdiff_t d = 0; d < w.value_stride; d += L::count) L::store(sums + d, L::load(block_sums + d));
    w.state[row] = block;
    w.merged[row] = true;
    return;
  }
  const RowState before = w.state[row];
  w.state[row] = merge(before, block);
  const auto alpha = L::broadcast(rescale(before.m, w.state[row].m)),
             beta = L::broadcast(rescale(block.m, w.state[row].m));
  for (std::ptrdiff_t d = 0; d < w.value_stride; d += L::count)
    L::store(sums + d, L::fma(L::load(sums + d), alpha, L::load(block_sums + d) * beta));
}

/// One block of keys for a group of rows. Rows that have merged none yet take their sums where they are to
/// be.
template <class L>
void run_group(AttentionWork<L>& w, const RowGroup& g) noexcept {
  score_block(w, g);
  weight_block(w, g);
  if (w.a.probabilities) keep_probabilities(w, g);
  bool first_block = true;
  for (std::ptrdiff_t i = 0; i < g.count; ++i) first_block = first_block && !w.merged[g.first + i];
  float* const sums = first_block ? w.sums + g.first * w.value_stride : w.block_sums;
  sum_block(w, g, sums);
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    if (g.seen[i].empty()) continue;
    if (first_block) {
      w.state[g.first + i] = w.block_state[i];
      w.merged[g.first + i] = true;
    } else {
      merge_row(w, g.first + i, w.block_state[i], sums + i * w.value_stride);
    }
  }
}

/// out = sums / l; zeros for a row that saw no key. Adding +0 makes every zero the same zero.
template <class L>
void write_out(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  float* const out = w.a.out + row * w.a.out_stride;
  const float* const sums = w.sums + row * w.value_stride;
  const bool seen = w.merged[row];
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
  if (range.empty()) return fill<L>(p, 0, w.a.keys, 0.0f);
  fill<L>(p, 0, range.begin, 0.0f);
  fill<L>(p, range.end, w.a.keys, 0.0f);
  const std::ptrdiff_t blocks = blocks_of(w.a.keys, key_block);
  const float r = 1.0f / w.state[row].l;
  for (std::ptrdiff_t b = range.begin / key_block; b * key_block < range.end; ++b) {
    const KeyRange keys = range.within({b * key_block, (b + 1) * key_block});
    const float factor = rescale(w.block_maxima[row * blocks + b], w.state[row].m);
    for (std::ptrdiff_t j = keys.begin; j < keys.end; ++j) p[j] = p[j] * factor * r;
  }
}

/// Blocked attention with online softmax. For a block of 512 keys and 12 rows: scores by register tiles from
/// panels, powers row by row, powers times values by register tiles; then the block is merged. The block's
/// keys and values, 128 KiB each at head_dim 64, come to L2 once for the 48 rows; tiles take a line of them
/// every three cycles. Milakov and Gimelshein 2018, arXiv:1805.02867; Rabe and Staats 2021, arXiv:2112.05682;
/// Dao et al. 2022, arXiv:2205.14135. Contract: engine/README.md.
template <class L>
void attention_block(const AttentionBlock& a) noexcept {
  AttentionWork<L> w(a);
  copy_left_rows<L>(a.q, a.q_stride, a.rows, a.head_dim, w.queries);
  const KeyRange all = {w.visible(0).begin, w.visible(a.rows - 1).end};
  for (std::ptrdiff_t b = all.begin / key_block; b * key_block < all.end; ++b) {
    const KeyRange block = KeyRange{b * key_block, (b + 1) * key_block}.within({0, a.keys});
    for (std::ptrdiff_t row = 0; row < a.rows; row += row_group) run_group(w, w.group(row, block));
  }
  for (std::ptrdiff_t row = 0; row < a.rows; ++row) {
    write_out(w, row);
    if (a.probabilities) write_probabilities(w, row);
  }
}

}  // namespace
}  // namespace saccade::kernels
