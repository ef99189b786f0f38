#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/table/peak_parameters.hpp"

namespace saccade::kernels {
namespace {

/// Runs `rounds` rounds of independent fused multiply-adds; returns the floating-point operations that it
/// did. Twelve independent chains in registers are enough for two multiply-adds a cycle of latency four, and
/// fit into 16 registers. x <- x/2 + 1/2 stays at 1, so that nothing overflows or becomes subnormal.
template <class L>
double fma_peak(std::ptrdiff_t rounds) noexcept {
  constexpr int chains = 12;
  typename L::F x[chains];
  for (auto& chain : x) chain = L::broadcast(1.0f);
  auto half = L::broadcast(0.5f);
  for (std::ptrdiff_t round = 0; round < rounds; ++round) {
    L::keep(half);  // else the compiler finds that nothing changes
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) x[i] = L::fma(x[i], half, half);
  }
  for (auto& chain : x) L::keep(chain);
  return 2.0 * L::count * chains * static_cast<double>(rounds);
}

template <class L>
float read_all(const ReadAll& r) noexcept {
  const float* const data = r.data;
  const std::ptrdiff_t n = r.count;
  typename L::F sum[8];
  for (auto& s : sum) s = L::broadcast(0.0f);
  std::ptrdiff_t i = 0;
  for (; i + 8 * L::count <= n; i += 8 * L::count) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) sum[j] = sum[j] + L::load(data + i + j * L::count);
  }
  for (; i < n; ++i) sum[0] = sum[0] + L::broadcast(data[i]);
  float lanes[L::count];
  L::store(lanes, ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])));
  return lanes[0];
}

}  // namespace
}  // namespace saccade::kernels
