#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/product/left_rows.hpp"
#include "kernels/product/product_parameters.hpp"
#include "kernels/product/product_tile.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

/// The most columns of a tile: 64 or less, so that a row of sums is at most four panels.
template <class L>
constexpr std::ptrdiff_t tile_width = tile_columns<SumLanes<L>>* L::count;

/// Some rows times some neighbouring panels.
struct PanelProduct {
  LeftRows left;
  std::ptrdiff_t rows;
  const float* panels;
  std::ptrdiff_t depth;
  int registers;  ///< columns, in registers
  float* out;
  std::ptrdiff_t out_stride;
  float* chains =
      nullptr;  ///< memory for as many sums as `out`, with its stride; few rows need it to go in steps
  float* maxima = nullptr;             ///< as ProductTile's; not with more depth than a piece
  bool resume = false;                 ///< the first piece's chains continue from `out`
  std::ptrdiff_t widen_once_rows = 0;  ///< as MatmulBlock's
};

/// Some steps of neighbouring panels: [panel][steps][16], the panels `stride` apart.
template <class Stored = float>
struct PanelSteps {
  const Stored* first;
  std::ptrdiff_t stride;
  float* widened = nullptr;  ///< where f16 and bf16 go as fp32, widened_stride apart: room for a tile's width
};

/// Up to few_rows rows take steps_of_few_rows steps of the depth at a time, and prefetch the same steps of
/// the next panels. They finish a panel faster than memory delivers the next, so that prefetches must be
/// spread evenly.
constexpr std::ptrdiff_t few_rows = 36, steps_of_few_rows = 64;

/// The compiled tiles of p.registers columns that issue what `prefetch` says; null: no prefetches.
template <class L, template <class> class Right>
[[gnu::always_inline]] inline const TileFunction* find_tiles(const PanelProduct& p,
                                                             const Prefetcher& prefetcher,
                                                             const PrefetchCursor* prefetch) noexcept {
  using S = SumLanes<L>;
  if constexpr (sums_in_fp32<L>) {
    if (prefetch != nullptr) return prefetching_tiles<S, Right>(prefetcher.rate());
  }
  return tile_set<S, Right>.tiles[p.registers - 1];
}

/// Widens `depth` steps of the panels below `registers` columns: where no tile does it.
template <class L, class Stored>
void widen_panels(const PanelSteps<Stored>& panels, int registers, std::ptrdiff_t depth) noexcept {
  const std::ptrdiff_t count = blocks_of(registers * L::count, panel_width);
  for (std::ptrdiff_t panel = 0; panel < count; ++panel)
    copy_values<L>(panels.first + panel * panels.stride, panels.widened + panel * widened_stride,
                   depth * panel_width);
}

/// Tiles down the rows. Where panels are f16 or bf16, tiles of the full width widen them: either the first
/// one, which stores them in fp32 for the others, or, of few rows, every tile for itself.
template <class L, class Stored>
[[gnu::always_inline]] inline void product_rows(const PanelProduct& p, ProductTile tile,
                                                const PanelSteps<Stored>& panels,
                                                Prefetcher& prefetcher) noexcept {
  using S = SumLanes<L>;
  constexpr bool fp32_panels = std::is_same_v<Stored, float>, tiles_widen = !fp32_panels && sums_in_fp32<L>;
  const bool full_width = p.registers == tile_columns<S>;
  const bool once = p.rows > tile_rows<S>(tile_columns<S>) && p.rows >= p.widen_once_rows;
  tile.b = panels.first;
  tile.b_stride = panels.stride;
  tile.widened = panels.widened;
  const auto take_widened = [&]() __attribute__((always_inline)) {
    tile.b = panels.widened;
    tile.b_stride = widened_stride;
  };
  if (!fp32_panels && !(tiles_widen && full_width)) {
    widen_panels<PlainLanes<L>>(panels, p.registers, tile.depth);
    take_widened();
  }
  for (std::ptrdiff_t row = 0; row < p.rows;) {
    const int height = tile_height<S>(p.rows - row, p.registers);
    if constexpr (sums_in_fp32<L>) tile.prefetch = full_width ? prefetcher.next(tile.depth) : nullptr;
    const TileFunction* tiles;
    if constexpr (tiles_widen) {
      if (!full_width || (once && row > 0)) {
        tiles = find_tiles<L, Panels>(p, prefetcher, tile.prefetch);
      } else if (once) {
        tiles = find_tiles<L, WideningPanels<Stored, true>::template Right>(p, prefetcher, tile.prefetch);
      } else {
        tiles = find_tiles<L, WideningPanels<Stored, false>::template Right>(p, prefetcher, tile.prefetch);
      }
    } else {
      tiles = find_tiles<L, Panels>(p, prefetcher, tile.prefetch);
    }
    tiles[height - 1](tile);
    if (tiles_widen && full_width && once) take_widened();
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

/// out[i][j] = sum over the pieces of the depth, in order, of one chain each, from +0 unless the first
/// resumes: a matrix element of the contract, in the precision of SumLanes<L>. prefetcher(k, depth) returns
/// the Prefetcher for `depth` steps from step k on, and find_panels(k, depth) their PanelSteps. Inlined,
/// since a tile lasts some hundred cycles and passing twelve values through memory takes a tenth of that.
template <class L, class MakePrefetcher, class FindPanels>
[[gnu::always_inline]] inline void panel_product(const PanelProduct& p, const MakePrefetcher& prefetcher,
                                                 const FindPanels& find_panels) noexcept {
  static_assert(key_block % depth_piece == 0, "a piece must not cross a block of copied columns");
  const bool in_steps = sums_in_fp32<L> && p.chains != nullptr && p.rows <= few_rows;
  const auto product = [&](std::ptrdiff_t k, std::ptrdiff_t depth, float* to, bool add, bool resume)
      __attribute__((always_inline)) {
    auto&& prefetches = prefetcher(k, depth);
    product_rows<L>(p,
                    {p.left.at(0, k), p.left.stride, nullptr, 0, 0, to, p.out_stride, depth, add, resume,
                     nullptr, p.maxima},
                    find_panels(k, depth), prefetches);
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
        return PanelSteps<>{p.panels + k * panel_width, p.depth * panel_width};
      });
}

}  // namespace
}  // namespace saccade::kernels
