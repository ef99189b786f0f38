#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/rows/row_registers.hpp"

namespace saccade::kernels {
namespace {

/// Rotary position embedding in the form that rotates pairs (x[i], x[i + dims / 2]) (Su et al. 2021,
/// arXiv:2104.09864): with x = x[i], y = x[i + dims / 2] and their angle's cosine c and sine s,
/// x' = x c - y s and y' = y c + x s, every product and sum rounded.
template <class L>
void rotate(const Rotate& r) noexcept {
  const std::ptrdiff_t half = r.dims / 2;
  for (std::ptrdiff_t token = 0; token < r.tokens; ++token) {
    const float* const cosines = r.table + token * r.dims;
    const float* const sines = cosines + half;
    for (std::ptrdiff_t head = 0; head < r.heads; ++head) {
      float* const low = r.x + token * r.token_stride + head * r.head_stride;
      float* const high = low + half;
      for_registers<L>(
          half, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
            const auto x = lanes.load(low + j), y = lanes.load(high + j);
            const auto c = lanes.load(cosines + j), s = lanes.load(sines + j);
            lanes.store(low + j, x * c - y * s);
            lanes.store(high + j, y * c + x * s);
          });
    }
  }
}

}  // namespace
}  // namespace saccade::kernels
