#pragma once

#include <cstddef>
#include <utility>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/product/fp64_sums.hpp"
#include "kernels/product/prefetcher.hpp"
#include "kernels/product/product_parameters.hpp"

namespace saccade::kernels {
namespace {

/// c[i][j] = sum_k a[i][k] * b[k][j], for each element one chain of fused multiply-adds, k ascending, from
/// +0. Linear layers, scores and weighted values are all computed by this register tile.
struct ProductTile {
  const float* a;
  std::ptrdiff_t a_stride;  ///< from one row of a to the next
  const void* b;            ///< elements of type Right::Stored
  std::ptrdiff_t b_stride;  ///< see the Right policies below
  int b_lanes;              ///< valid lanes of a partial register, where `Right` is PartialRows
  float* c;
  std::ptrdiff_t c_stride;
  std::ptrdiff_t depth;
  bool add;                  ///< c = c + sums, rounded; else c = sums
  bool resume;               ///< the chains continue from c instead of +0; not with `add`
  PrefetchCursor* prefetch;  ///< lines to prefetch, by tiles compiled to
  /// For each row of c a register, panel_width apart, that becomes the maximum of itself and of c's
  /// registers, lane by lane, without NaNs; null: not computed. By tiles with panels, and not with `add`.
  float* maxima = nullptr;
  float* widened = nullptr;  ///< where WideningPanels that store put fp32 panels, widened_stride apart
};

/// Registers for sums: rows x columns of them. Two fused multiply-adds a cycle of latency four need at least
/// eight sums; each step loads `columns` registers of b and broadcasts `rows` values of a for rows * columns
/// multiply-adds, so the squarer the better. 32 registers: 6 x 4 sums, 4 of b, 1 or 2 of a; 16 registers: 6 x
/// 2, 2, 1. A panel at least, which in double precision leaves few rows on AVX2 and NEON.
template <class L>
constexpr int tile_columns = [] {
  constexpr int most = L::registers == 32 ? 4 : L::registers == 16 ? 2 : 1;
  constexpr int panel = static_cast<int>(panel_width) / L::count;
  return panel > most ? panel : most;
}();

template <class L>
constexpr int tile_rows(int columns) {
  if (L::registers == 32) return columns >= 4 ? 6 : columns == 3 ? 8 : 12;
  if (L::registers == 16) return columns > 2 ? 2 : 6;
  return L::registers == 8 ? 2 : 4;
}

// Right policies: how a tile addresses b. Register `column` of step k of four is at b + strides(column, k) *
// b_stride + offset(column, k).

/// b as panels of 16 columns, b_stride apart: row k of a panel is 16 values.
template <class L>
struct Panels {
  using Stored = float;
  static constexpr bool full_width_only = false;
  static constexpr bool stores_widened = false;
  static constexpr int most_columns = tile_columns<L>;
  static constexpr bool finds_maxima = sums_in_fp32<L>;
  static constexpr int max_prefetch_rate = 8;
  static constexpr int per_panel = static_cast<int>(panel_width) / L::count;
  static constexpr int strides(int column, int) { return column / per_panel; }
  static constexpr std::ptrdiff_t offset(int column, int k) {
    return k * panel_width + column % per_panel * L::count;
  }
  static constexpr std::ptrdiff_t advance(std::ptrdiff_t, int steps) { return steps * panel_width; }
  static typename L::F load(const float* b, const ProductTile&) { return L::load(b); }
};

/// As Panels, of f16 or bf16 values, which are widened exactly as they are loaded: the multiply-adds hide
/// most of the conversions. If `stores`, the tile also stores them as fp32 panels at t.widened, for the tiles
/// of the rows that follow.
template <class StoredType, bool stores>
struct WideningPanels {
  template <class L>
  struct Right : Panels<L> {
    using Stored = StoredType;
    static constexpr bool full_width_only = true;
    static constexpr bool stores_widened = stores;
    static constexpr bool finds_maxima = false;
    static typename L::F load(const Stored* b, const ProductTile&) { return L::load(b); }
  };
};

/// b in place, row by row, b_stride apart.
template <class L>
struct Rows {
  using Stored = float;
  static constexpr bool full_width_only = false;
  static constexpr bool stores_widened = false;
  static constexpr int most_columns = tile_columns<L>;
  static constexpr bool finds_maxima = false;
  static constexpr int max_prefetch_rate = safe_prefetch_rate;
  static constexpr int strides(int, int k) { return k; }
  static constexpr std::ptrdiff_t offset(int column, int) { return column * L::count; }
  static constexpr std::ptrdiff_t advance(std::ptrdiff_t stride, int steps) { return steps * stride; }
  static typename L::F load(const float* b, const ProductTile&) { return L::load(b); }
};

/// As Rows, where only the first b_lanes columns of the register exist.
template <class L>
struct PartialRows : Rows<L> {
  static constexpr int most_columns = 1;
  static typename L::F load(const float* b, const ProductTile& t) { return L::load(b, t.b_lanes); }
};

/// `count` addresses a stride apart, from one pointer for every three of them: the others are that pointer
/// plus once or twice the stride, which x86 addressing computes for free. The pointers advance together.
template <int count, class Value = const float>
class Spaced {
 public:
  [[gnu::always_inline]] Spaced(Value* first, std::ptrdiff_t stride) noexcept : stride_(stride) {
#pragma GCC unroll 16
    for (int i = 0; i < pointers; ++i) p_[i] = first + 3 * i * stride;
    keep();
  }
  [[gnu::always_inline]] Value* at(int i) const noexcept {
    return p_[i / 3] + i % 3 * stride_;
  }
  [[gnu::always_inline]] void advance(std::ptrdiff_t n) noexcept {
#pragma GCC unroll 16
    for (int i = 0; i < pointers; ++i) p_[i] += n;
    keep();
  }

 private:
  static constexpr int pointers = (count + 2) / 3;
  // Keeps GCC from computing an address for each row and step, and spilling them.
  [[gnu::always_inline]] void keep() noexcept {
#pragma GCC unroll 16
    for (int i = 0; i < pointers; ++i) asm("" : "+r"(p_[i]));
    asm("" : "+r"(stride_));
  }
  Value* p_[pointers];
  std::ptrdiff_t stride_;
};

/// Computes one tile of rows x columns registers. Every round of four steps it issues `lines` prefetches into
/// L2, at addresses taken from the cursor.
template <class L, template <class> class Right, int rows, int columns, int lines>
[[gnu::noinline]] void product_tile(const ProductTile& t) noexcept {
  using F = typename L::F;
  float* const first_c = t.c;  // copies, since the compiler must expect that storing a sum changes t
  const std::ptrdiff_t c_stride = t.c_stride;
  float* const maxima = t.maxima;
  F sum[rows][columns];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j) {
      sum[i][j] = L::broadcast(0.0f);
      L::keep(sum[i][j]);  // else GCC clears one register and copies it to the others, which costs cycles
    }
  }
  if (t.resume) {
    const Spaced<rows> c(first_c, c_stride);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) sum[i][j] = L::load(c.at(i) + j * L::count);
    }
  }
  Spaced<rows> a(t.a, t.a_stride);
  using Stored = typename Right<L>::Stored;
  Spaced<Right<L>::strides(columns - 1, 3) + 1, const Stored> b(static_cast<const Stored*>(t.b), t.b_stride);
  float* widened = t.widened;
  const auto step = [&](int k) __attribute__((always_inline)) {
    F column[columns];
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j)
      column[j] = Right<L>::load(b.at(Right<L>::strides(j, k)) + Right<L>::offset(j, k), t);
    if constexpr (Right<L>::stores_widened) {
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j)
        L::store(widened + Right<L>::strides(j, k) * widened_stride + Right<L>::offset(j, k), column[j]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const F x = L::broadcast(a.at(i)[k]);
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) sum[i][j] = L::fma(x, column[j], sum[i][j]);
    }
  };
  // Four steps a round: updating addresses takes issue slots that the multiply-adds need.
  static_assert(round_steps == 4);
  std::ptrdiff_t left = t.depth;
  PrefetchCursor prefetch = {};
  if constexpr (lines > 0) prefetch = *t.prefetch;
  const std::ptrdiff_t four = Right<L>::advance(t.b_stride, 4), one = Right<L>::advance(t.b_stride, 1);
  for (; left >= 4; left -= 4) {
    if constexpr (lines > 0) {
#pragma GCC unroll 8
      for (int i = 0; i < lines; ++i) __builtin_prefetch(prefetch.next + i * Prefetcher::line, 0, 2);
      prefetch.in_row -= lines;
      const bool last = prefetch.in_row == 0;
      prefetch.next += lines * Prefetcher::line + (last ? prefetch.jump : 0);
      if (last) prefetch.in_row = prefetch.row;
    }
    step(0);
    step(1);
    step(2);
    step(3);
    a.advance(4);
    b.advance(four);
    if constexpr (Right<L>::stores_widened) {
      widened += 4 * panel_width;
      asm("" : "+r"(widened));  // one pointer that moves, as Spaced keeps its own
    }
  }
  for (; left > 0; --left) {
    step(0);
    a.advance(1);
    b.advance(one);
    if constexpr (Right<L>::stores_widened) widened += panel_width;
  }
  if constexpr (lines > 0) *t.prefetch = prefetch;

  const Spaced<rows, float> c(first_c, c_stride);
  if (t.add) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) {
        float* const at = c.at(i) + j * L::count;
        L::store(at, L::load(at) + sum[i][j]);
      }
    }
    return;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j) L::store(c.at(i) + j * L::count, sum[i][j]);
  }
  if constexpr (Right<L>::finds_maxima) {
    if (maxima == nullptr) return;
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      F largest = L::load(maxima + i * panel_width);
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) largest = L::max(sum[i][j], largest);
      L::store(maxima + i * panel_width, largest);
    }
  }
}

using TileFunction = void (*)(const ProductTile&) noexcept;

/// Whether tiles of this many rows are compiled. The rows that full tiles leave are done in a few smaller
/// ones.
constexpr bool compiled_height(int height) {
  return height <= 4 || height == 6 || height == 8 || height == 12;
}

/// The tallest compiled tile of `columns` registers that fits in `rows` rows.
template <class L>
constexpr int tile_height(std::ptrdiff_t rows, int columns) {
  int height = tile_rows<L>(columns);
  while (height > rows || !compiled_height(height)) --height;
  return height;
}

/// Every compiled tile, found by [columns - 1][height - 1]; heights that are not compiled are null, and
/// widths other than the largest where tiles prefetch or widen, since most tiles have that width, and all but
/// the largest height where tiles store what they widen, since only the first of several tiles does.
template <class L, template <class> class Right, int lines = 0>
struct TileSet {
  static constexpr int tallest = 12;
  TileFunction tiles[Right<L>::most_columns][tallest] = {};

  template <int columns, int height>
  constexpr void put() {
    constexpr bool every_width = lines == 0 && !Right<L>::full_width_only;
    constexpr int tallest_here = tile_rows<L>(columns);
    constexpr int lowest = Right<L>::stores_widened ? tallest_here : 1;
    if constexpr ((every_width || columns == Right<L>::most_columns) && height >= lowest &&
                  height <= tallest_here && compiled_height(height))
      tiles[columns - 1][height - 1] = product_tile<L, Right, height, columns, lines>;
  }
  template <int columns, int... heights>
  constexpr void put_heights(std::integer_sequence<int, heights...>) {
    (put<columns, heights + 1>(), ...);
  }
  template <int... columns>
  constexpr void put_columns(std::integer_sequence<int, columns...>) {
    (put_heights<columns + 1>(std::make_integer_sequence<int, tallest>()), ...);
  }
  constexpr TileSet() { put_columns(std::make_integer_sequence<int, Right<L>::most_columns>()); }
};

template <class L, template <class> class Right, int lines = 0>
constexpr TileSet<L, Right, lines> tile_set = {};

/// The tiles of full width that issue `lines` prefetches a round.
template <class L, template <class> class Right>
[[gnu::always_inline]] inline const TileFunction* prefetching_tiles(int lines) noexcept {
  constexpr int widest = tile_columns<L> - 1;
  if constexpr (Right<L>::max_prefetch_rate == 8) {
    if (lines == 4) return tile_set<L, Right, 4>.tiles[widest];
    if (lines == 6) return tile_set<L, Right, 6>.tiles[widest];
    if (lines == 8) return tile_set<L, Right, 8>.tiles[widest];
  }
  return lines == 1   ? tile_set<L, Right, 1>.tiles[widest]
         : lines == 2 ? tile_set<L, Right, 2>.tiles[widest]
                      : tile_set<L, Right, 3>.tiles[widest];
}

}  // namespace
}  // namespace saccade::kernels
