#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/product/product_parameters.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

/// Loads a square of registers, `stride` apart in the source, and transposes it. Prefetches the rows at
/// `ahead`, since hardware does not predict rows that are not contiguous. Advances both pointers to the rows
/// that follow.
template <class L, class Stored>
[[gnu::always_inline]] inline void transpose_square(const Stored*& source, const Stored*& ahead,
                                                    std::ptrdiff_t stride,
                                                    typename L::F (&square)[L::count]) noexcept {
#pragma GCC unroll 16
  for (int i = 0; i < L::count; ++i) {
    square[i] = L::load(source);
    __builtin_prefetch(ahead, 0, 3);
    source += stride;
    ahead += stride;
    asm("" : "+r"(source), "+r"(ahead));  // else GCC keeps thirty-two addresses, and spills them
  }
  L::transpose(square);
}

/// Packs a square of registers into a panel, and prefetches the rows of the next panel.
template <class L, class Stored>
void pack_square(const Stored* source, std::ptrdiff_t stride, float* panel) noexcept {
  typename L::F square[L::count];
  const Stored* ahead = source + panel_width * stride;
  transpose_square<L>(source, ahead, stride, square);
#pragma GCC unroll 16
  for (int i = 0; i < L::count; ++i) L::store(panel + i * panel_width, square[i]);
}

/// Packs one panel of at most 16 columns, each a row of the source, transposing a square of registers at a
/// time.
template <class L, class Stored>
void pack_columns(const Stored* source, std::ptrdiff_t stride, std::ptrdiff_t columns, std::ptrdiff_t depth,
                  float* panel) noexcept {
  for (std::ptrdiff_t c = 0; c < panel_width; c += L::count) {
    const Stored* const rows = source + c * stride;
    std::ptrdiff_t k = 0;
    if (c + L::count <= columns) {
      for (; k + L::count <= depth; k += L::count)
        pack_square<L>(rows + k, stride, panel + k * panel_width + c);
    }
    for (; k < depth; k += L::count) {  // the tails of the columns, of the depth, or of both
      const int steps = static_cast<int>(depth - k < L::count ? depth - k : L::count);
      typename L::F square[L::count];
      for (int i = 0; i < L::count; ++i)
        square[i] = c + i < columns ? L::load(rows + i * stride + k, steps) : L::broadcast(0.0f);
      L::transpose(square);
      for (int i = 0; i < steps; ++i) L::store(panel + (k + i) * panel_width + c, square[i]);
    }
  }
}

/// Packs one panel of at most 16 columns, which are contiguous in each row of the source.
template <class L, class Stored>
void pack_rows(const Stored* source, std::ptrdiff_t stride, std::ptrdiff_t columns, std::ptrdiff_t depth,
               float* panel) noexcept {
  for (std::ptrdiff_t k = 0; k < depth; ++k) {
    for (std::ptrdiff_t c = 0; c < panel_width; c += L::count) {
      const std::ptrdiff_t rest = columns - c;
      const int lanes = static_cast<int>(rest < 0 ? 0 : rest < L::count ? rest : L::count);
      L::store(panel + k * panel_width + c, L::load(source + k * stride + c, lanes));
    }
  }
}

template <class L>
void pack_panels(const PackPanels& p) noexcept {
  with_stored(p.type, p.source, [&](const auto* source) {
    for (std::ptrdiff_t c = 0; c < p.columns; c += panel_width) {
      const std::ptrdiff_t columns = p.columns - c < panel_width ? p.columns - c : panel_width;
      float* const panel = p.panels + c * p.depth;
      if (p.transposed) {
        pack_rows<L>(source + c, p.source_stride, columns, p.depth, panel);
      } else {
        pack_columns<L>(source + c * p.source_stride, p.source_stride, columns, p.depth, panel);
      }
    }
  });
}

/// Whether all values are finite: x - x is +0 for every finite x and NaN for the others, and so is their sum.
/// Where `to` is given, the rows are copied there, to_stride apart.
template <class L, class Stored>
bool copy_rows(const Stored* values, std::ptrdiff_t stride, std::ptrdiff_t rows, std::ptrdiff_t width,
               float* to, std::ptrdiff_t to_stride) noexcept {
  using F = typename L::F;
  F sum[4];  // several chains, since an addition's latency is several loads long
  for (F& chain : sum) chain = L::broadcast(0.0f);
  for (std::ptrdiff_t row = 0; row < rows; ++row, values += stride) {
    float* const packed = to == nullptr ? nullptr : to + row * to_stride;
    std::ptrdiff_t c = 0;
    for (; c + 4 * L::count <= width; c += 4 * L::count) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const F x = L::load(values + c + i * L::count);
        sum[i] = sum[i] + (x - x);
        if (packed != nullptr) L::store(packed + c + i * L::count, x);
      }
    }
    for (; c < width; c += L::count) {
      const std::ptrdiff_t rest = width - c;
      const int lanes = static_cast<int>(rest < L::count ? rest : L::count);
      const F x = L::load(values + c, lanes);
      sum[0] = sum[0] + (x - x);
      if (packed != nullptr) L::store(packed + c, x, lanes);
    }
  }
  return L::tree_sum((sum[0] + sum[1]) + (sum[2] + sum[3])) == 0.0f;
}

template <class L>
void pack_values(const PackValues& p) noexcept {
  with_stored(p.type, p.values, [&](const auto* values) {
    for (std::ptrdiff_t block = 0; block * key_block < p.rows; ++block) {
      const std::ptrdiff_t begin = block * key_block;
      const std::ptrdiff_t rows = p.rows - begin < key_block ? p.rows - begin : key_block;
      p.finite[block] =
          copy_rows<L>(values + begin * p.stride, p.stride, rows, p.width,
                       p.packed == nullptr ? nullptr : p.packed + begin * p.packed_stride, p.packed_stride);
    }
  });
}

/// Appends tokens to a page: a key becomes a column of a panel, a value a row.
template <class L>
void append_tokens(const AppendTokens& a) noexcept {
  with_stored(a.source_type, a.source, [&](const auto* source) {
    with_stored(a.type, a.page, [&](auto* page) {
      float lanes[panel_width];
      std::remove_pointer_t<decltype(page)> stored[panel_width];
      for (std::ptrdiff_t t = 0; t < a.tokens; ++t) {
        const auto* const from = source + t * a.source_stride;
        const std::ptrdiff_t at = a.length + t;
        if (!a.panels) {
          copy_values<L>(from, page + at * a.width, a.width);
          continue;
        }
        auto* const column = page + at / panel_width * panel_width * a.width + at % panel_width;
        for (std::ptrdiff_t d = 0; d < a.width; d += panel_width) {
          const std::ptrdiff_t n = a.width - d < panel_width ? a.width - d : panel_width;
          copy_values<L>(from + d, lanes, n);
          copy_values<L>(lanes, stored, n);
          for (std::ptrdiff_t i = 0; i < n; ++i) column[(d + i) * panel_width] = stored[i];
        }
      }
    });
  });
}

}  // namespace
}  // namespace saccade::kernels
