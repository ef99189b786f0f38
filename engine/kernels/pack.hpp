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
void pack_values(const PackValues& p) noexcept {
  using F = typename L::F;
  for (std::ptrdiff_t block = 0; block * key_block < p.rows; ++block) {
    const std::ptrdiff_t begin = block * key_block;
    const std::ptrdiff_t end = p.rows - begin < key_block ? p.rows : begin + key_block;
    F sum[4];  // chains, taken in turn: an addition's latency is several rows long
    for (F& chain : sum) chain = L::broadcast(0.0f);
    for (std::ptrdiff_t row = begin; row < end; ++row) {
      const float* const from = p.values + row * p.stride;
      float* const to = p.packed == nullptr ? nullptr : p.packed + row * p.packed_stride;
      std::ptrdiff_t c = 0;
      for (; c + 4 * L::count <= p.width; c += 4 * L::count) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          const F x = L::load(from + c + i * L::count);
          sum[i] = sum[i] + (x - x);
          if (to != nullptr) L::store(to + c + i * L::count, x);
        }
      }
      for (; c < p.width; c += L::count) {
        const std::ptrdiff_t rest = p.width - c;
        const int lanes = static_cast<int>(rest < L::count ? rest : L::count);
        const F x = L::load(from + c, lanes);
        sum[0] = sum[0] + (x - x);
        if (to != nullptr) L::store(to + c, x, lanes);
      }
    }
    float lanes[L::count];
    L::store(lanes, (sum[0] + sum[1]) + (sum[2] + sum[3]));
    bool finite = true;
    for (const float lane : lanes) finite = finite && lane == 0.0f;
    p.finite[block] = finite;
  }
}

}  // namespace
}  // namespace saccade::kernels
