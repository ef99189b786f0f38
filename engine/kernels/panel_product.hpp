#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/left_rows.hpp"
#include "kernels/product_tile.hpp"

namespace saccade::kernels {
namespace {

/// Columns that a tile covers at most: 64 or less, so that a row of sums is at most four panels.
template <class L>
constexpr std::ptrdiff_t tile_width = tile_columns<L>* L::count;

/// Some rows times some neighbouring panels.
struct PanelProduct {
  const float* left;  ///< copy_left_rows of left_rows rows, from the first row wanted
  std::ptrdiff_t left_rows;
  std::ptrdiff_t rows;
  const float* panels;
  std::ptrdiff_t depth;
  int registers;  ///< columns wanted, in registers
  float* out;
  std::ptrdiff_t out_stride;
  const float* next;  ///< the same number of panels that are wanted next, or null
};

/// Tiles down the rows, for the steps of the depth from k on. Meanwhile each asks L2 for half of that depth
/// of one of the next panels, a line every other step: eight tiles, those of 48 rows, ask for the next four
/// panels. (Weights are larger than L2, hardware prefetching stops at every page, and a burst of requests
/// between two tiles would stall.)
template <class L, class BeforeTile>
[[gnu::always_inline]] inline void product_rows(const PanelProduct& p, ProductTile tile, std::ptrdiff_t k,
                                                const BeforeTile& before_tile) noexcept {
  const std::ptrdiff_t panels = p.registers * L::count / panel_width;
  for (std::ptrdiff_t row = 0, number = 0; row < p.rows; ++number) {
    const int height = tile_height<L>(p.rows - row, p.registers);
    if (k == 0) before_tile(row, height);
    const bool ask = p.next != nullptr && number / 2 < panels;
    tile.next =
        ask ? p.next + (number / 2 * p.depth + k + number % 2 * (tile.depth / 2)) * panel_width : tile.b;
    tile_set<L, Panels>.tiles[p.registers - 1][height - 1](tile);
    tile.a += height * left_stride;
    tile.c += height * tile.c_stride;
    row += height;
  }
}

/// out[i][j] = sum over the pieces of the depth, in order, of one chain from +0 each: a matrix element of the
/// contract. before_tile(row, height) is called before each tile of rows begins.
/// Inlined: a tile lasts some hundred cycles, and passing twelve values through memory costs a tenth of that.
template <class L, class BeforeTile>
[[gnu::always_inline]] inline void panel_product(const PanelProduct& p,
                                                 const BeforeTile& before_tile) noexcept {
  static_assert(key_block % depth_piece == 0, "a piece must not cross a block of copied columns");
  for (std::ptrdiff_t k = 0; k < p.depth; k += depth_piece) {
    const std::ptrdiff_t depth = p.depth - k < depth_piece ? p.depth - k : depth_piece;
    product_rows<L>(p,
                    {p.left + left_column(p.left_rows, k), p.panels + k * panel_width, p.depth * panel_width,
                     0, p.out, p.out_stride, depth, k > 0, false, nullptr},
                    k, before_tile);
  }
}

template <class L>
[[gnu::always_inline]] inline void panel_product(const PanelProduct& p) noexcept {
  panel_product<L>(p, [](std::ptrdiff_t, int) {});
}

}  // namespace
}  // namespace saccade::kernels
