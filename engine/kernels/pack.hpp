#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// One panel of at most 16 columns, each a row of the source: transposed a square of registers at a time.
template <class L>
void pack_columns(const float* source, std::ptrdiff_t stride, std::ptrdiff_t columns, std::ptrdiff_t depth,
                  float* panel) noexcept {
  using F = typename L::F;
  for (std::ptrdiff_t c = 0; c < panel_width; c += L::count) {
    for (std::ptrdiff_t k = 0; k < depth; k += L::count) {
      const int steps = static_cast<int>(depth - k < L::count ? depth - k : L::count);
      F square[L::count];
      for (int i = 0; i < L::count; ++i) {
        const float* const from = source + (c + i) * stride + k;
        square[i] = c + i >= columns    ? L::broadcast(0.0f)
                    : steps == L::count ? L::load(from)
                                        : L::load(from, steps);
      }
      L::transpose(square);
      for (int i = 0; i < steps; ++i) L::store(panel + (k + i) * panel_width + c, square[i]);
    }
  }
}

/// One panel of at most 16 columns that lie side by side in each row of the source.
template <class L>
void pack_rows(const float* source, std::ptrdiff_t stride, std::ptrdiff_t columns, std::ptrdiff_t depth,
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
  for (std::ptrdiff_t c = 0; c < p.columns; c += panel_width) {
    const std::ptrdiff_t columns = p.columns - c < panel_width ? p.columns - c : panel_width;
    float* const panel = p.panels + c * p.depth;
    if (p.transposed) {
      pack_rows<L>(p.source + c, p.source_stride, columns, p.depth, panel);
    } else {
      pack_columns<L>(p.source + c * p.source_stride, p.source_stride, columns, p.depth, panel);
    }
  }
}

/// x - x is +0 for every finite x and NaN for the others, so a sum of it tells.
template <class L>
void find_non_finite(const FindNonFinite& f) noexcept {
  using F = typename L::F;
  for (std::ptrdiff_t block = 0; block * key_block < f.rows; ++block) {
    const std::ptrdiff_t begin = block * key_block;
    const std::ptrdiff_t end = f.rows - begin < key_block ? f.rows : begin + key_block;
    F sum[4];  // chains, taken in turn: an addition's latency is several rows long
    for (F& chain : sum) chain = L::broadcast(0.0f);
    for (std::ptrdiff_t row = begin; row < end; ++row) {
      const float* const values = f.values + row * f.stride;
      std::ptrdiff_t c = 0;
      for (; c + 4 * L::count <= f.width; c += 4 * L::count) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          const F x = L::load(values + c + i * L::count);
          sum[i] = sum[i] + (x - x);
        }
      }
      for (; c < f.width; c += L::count) {
        const std::ptrdiff_t rest = f.width - c;
        const F x = rest < L::count ? L::load(values + c, static_cast<int>(rest)) : L::load(values + c);
        sum[0] = sum[0] + (x - x);
      }
    }
    float lanes[L::count];
    L::store(lanes, (sum[0] + sum[1]) + (sum[2] + sum[3]));
    bool finite = true;
    for (const float lane : lanes) finite = finite && lane == 0.0f;
    f.finite[block] = finite;
  }
}

}  // namespace
}  // namespace saccade::kernels
