#pragma once

#include <cstddef>

#include "kernels/product/left_rows.hpp"
#include "kernels/product/product_parameters.hpp"
#include "kernels/product/product_tile.hpp"

namespace saccade::kernels {
namespace {

/// Columns that a tile covers at most: 64 or less, so that a row of sums is at most four panels.
template <class L>
constexpr std::ptrdiff_t tile_width = tile_columns<SumLanes<L>>* L::count;

/// Some rows times some neighbouring panels.
struct PanelProduct {
  LeftRows left;
  std::ptrdiff_t rows;
  const float* panels;
  std::ptrdiff_t depth;
  int registers;  ///< columns wanted, in registers
  float* out;
  std::ptrdiff_t out_stride;
  float* chains = nullptr;  ///< room for as many sums again, laid out as `out`: few rows may go in steps
  float* maxima = nullptr;  ///< as ProductTile's; not with more depth than a piece
  bool resume = false;      ///< the first piece's chains go on from `out`
};

/// Some steps of neighbouring panels: [panel][steps][16], the panels `stride` apart.
struct PanelSteps {
  const float* first;
  std::ptrdiff_t stride;
};

/// Few rows are done with a panel before memory has the next: they take some steps of the depth at a time,
/// and ask for the same of the next panels, so that requests come as evenly as panels are used.
constexpr std::ptrdiff_t few_rows = 36, steps_of_few_rows = 64;

/// Tiles down the rows.
template <class L>
[[gnu::always_inline]] inline void product_rows(const PanelProduct& p, ProductTile tile,
                                                Prefetcher& prefetcher) noexcept {
  using S = SumLanes<L>;
  const bool prefetches = p.registers == tile_columns<S>;
  for (std::ptrdiff_t row = 0; row < p.rows;) {
    const int height = tile_height<S>(p.rows - row, p.registers);
    const TileFunction* tiles = tile_set<S, Panels>.tiles[p.registers - 1];
    if constexpr (sums_in_fp32<L>) {
      tile.prefetch = prefetches ? prefetcher.next(tile.depth) : nullptr;
      if (tile.prefetch != nullptr) tiles = prefetching_tiles<S, Panels>(prefetcher.rate());
    }
    tiles[height - 1](tile);
    tile.a += height * tile.a_stride;
    tile.c += height * tile.c_stride;
    if (tile.maxima != nullptr) tile.maxima += height * panel_width;
    row += height;
  }
}

/// out += chains
template <class L>
void add_chains(const PanelProduct& p) noexcept {
  for (std::ptrdiff_t row = 0; row < p.rows; ++row) {
    float* const out = p.out + row * p.out_stride;
    const float* const chains = p.chains + row * p.out_stride;
    for (int i = 0; i < p.registers * L::count; i += L::count)
      L::store(out + i, L::load(out + i) + L::load(chains + i));
  }
}

/// out[i][j] = sum over the pieces of the depth, in order, of one chain each, from +0 but where the first
/// resumes: a matrix element of the contract, in the precision of SumLanes<L>. prefetcher(k, depth) says what
/// `depth` steps from step k on ask for, and find_panels(k, depth) gives their PanelSteps. Inlined: a tile
/// lasts some hundred cycles, and passing twelve values through memory costs a tenth of that.
template <class L, class MakePrefetcher, class FindPanels>
[[gnu::always_inline]] inline void panel_product(const PanelProduct& p, const MakePrefetcher& prefetcher,
                                                 const FindPanels& find_panels) noexcept {
  static_assert(key_block % depth_piece == 0, "a piece must not cross a block of copied columns");
  const bool in_steps = sums_in_fp32<L> && p.chains != nullptr && p.rows <= few_rows;
  const auto product = [&](std::ptrdiff_t k, std::ptrdiff_t depth, float* to, bool add, bool resume)
      __attribute__((always_inline)) {
    auto&& prefetches = prefetcher(k, depth);
    const PanelSteps panels = find_panels(k, depth);
    product_rows<L>(p,
                    {p.left.at(0, k), p.left.stride, panels.first, panels.stride, 0, to, p.out_stride, depth,
                     add, resume, nullptr, p.maxima},
                    prefetches);
  };
  for (std::ptrdiff_t k = 0; k < p.depth; k += depth_piece) {
    const std::ptrdiff_t end = p.depth - k < depth_piece ? p.depth : k + depth_piece;
    if (!in_steps) {
      product(k, end - k, p.out, k > 0, k == 0 && p.resume);
      continue;
    }
    for (std::ptrdiff_t step = k; step < end; step += steps_of_few_rows)
      product(step, end - step < steps_of_few_rows ? end - step : steps_of_few_rows, k > 0 ? p.chains : p.out,
              false, step > k);
    if (k > 0) add_chains<L>(p);
  }
}

/// With all of p.panels in memory as fp32.
template <class L, class MakePrefetcher>
[[gnu::always_inline]] inline void panel_product(const PanelProduct& p,
                                                 const MakePrefetcher& prefetcher) noexcept {
  panel_product<L>(
      p, prefetcher, [&](std::ptrdiff_t k, std::ptrdiff_t) __attribute__((always_inline)) {
        return PanelSteps{p.panels + k * panel_width, p.depth * panel_width};
      });
}

}  // namespace
}  // namespace saccade::kernels
