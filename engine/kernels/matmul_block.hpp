#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/panel_product.hpp"

namespace saccade::kernels {
namespace {

/// out = epilogue(sums) for one row of at most tile_width columns beginning at column j.
template <class L>
void apply_epilogue(const MatmulBlock& m, std::ptrdiff_t row, std::ptrdiff_t j, std::ptrdiff_t columns,
                    const float* sums) noexcept {
  using F = typename L::F;
  const Epilogue& e = m.epilogue;
  float* const out = m.out + row * m.out_stride + j;
  const auto finish = [&](std::ptrdiff_t c, F x, auto load, auto store) {
    if (e.bias) x = x + load(e.bias + j + c);
    if (e.activation == Activation::relu)
      x = L::product_unless_less(x, L::broadcast(0.0f), x, L::broadcast(1.0f));
    if (e.residual) x = x + load(e.residual + row * e.residual_stride + j + c);
    store(out + c, x);
  };
  std::ptrdiff_t c = 0;
  for (; c + L::count <= columns; c += L::count)
    finish(
        c, L::load(sums + c), [](const float* p) { return L::load(p); },
        [](float* p, F x) { L::store(p, x); });
  if (c < columns) {
    const int rest = static_cast<int>(columns - c);
    finish(
        c, L::load(sums + c), [rest](const float* p) { return L::load(p, rest); },
        [rest](float* p, F x) { L::store(p, x, rest); });
  }
}

/// out = epilogue(left x panels). Left rows are copied once, column tiles walk over them: panels come
/// to L2 once and serve all rows of the block, 144 / 6 tiles (Goto and van de Geijn 2008,
/// doi:10.1145/1356052.1356053).
template <class L>
void matmul_block(const MatmulBlock& m) noexcept {
  static_assert(tile_width<L> <= widest_tile);
  float* const left = m.scratch;
  float* const sums = left + left_values(m.rows, m.depth);
  for (std::ptrdiff_t i = 0; i < m.rows; ++i)
    copy_left_row<L>(m.left + i * m.left_row_stride, m.rows, i, m.depth, left);
  for (std::ptrdiff_t j = 0; j < m.columns; j += tile_width<L>) {
    const std::ptrdiff_t columns = m.columns - j < tile_width<L> ? m.columns - j : tile_width<L>;
    const float* const panels = m.panels + j * m.depth;
    const bool whole_tile_next = j + 2 * tile_width<L> <= m.columns;
    // Where sums will go: tiles last long enough for the lines to come, a store would wait for each.
    const auto ask_for_out = [&](std::ptrdiff_t row, int height) {
      for (int i = 0; i < height; ++i) {
        const float* const out = m.out + (row + i) * m.out_stride + j;
        for (std::ptrdiff_t c = 0; c < columns; c += panel_width) __builtin_prefetch(out + c, 1, 2);
      }
    };
    const int registers = static_cast<int>(blocks_of(columns, L::count));
    panel_product<L>({left, m.rows, m.rows, panels, m.depth, registers, sums, tile_width<L>,
                      whole_tile_next ? panels + tile_width<L> * m.depth : nullptr},
                     ask_for_out);
    for (std::ptrdiff_t i = 0; i < m.rows; ++i) apply_epilogue<L>(m, i, j, columns, sums + i * tile_width<L>);
  }
}

}  // namespace
}  // namespace saccade::kernels
