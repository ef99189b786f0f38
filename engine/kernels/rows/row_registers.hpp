#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/layout.hpp"

namespace saccade::kernels {
namespace {

/// A whole register of a row.
template <class L>
struct AllLanes {
  using F = typename L::F;
  template <class Stored>
  static F load(const Stored* p) noexcept {
    return L::load(p);
  }
  static void store(float* p, F x) noexcept { L::store(p, x); }
  static F clear_others(F x) noexcept { return x; }
};

/// The first n lanes of a register: the tail of a row.
template <class L>
struct FirstLanes {
  using F = typename L::F;
  int n;
  template <class Stored>
  F load(const Stored* p) const noexcept {
    return L::load(p, n);
  }
  void store(float* p, F x) const noexcept { L::store(p, x, n); }
  /// x with +0 in the lanes beyond the row's end.
  F clear_others(F x) const noexcept { return L::select((1u << n) - 1u, x, L::broadcast(0.0f)); }
};

/// Calls step(j, lanes) for each register of a row of `width` columns; j is the register's first column.
template <class L, class Step>
[[gnu::always_inline]] inline void for_registers(std::ptrdiff_t width, const Step& step) noexcept {
  std::ptrdiff_t j = 0;
  for (; j + L::count <= width; j += L::count) step(j, AllLanes<L>{});
  if (j < width) step(j, FirstLanes<L>{static_cast<int>(width - j)});
}

/// The sum of sixteen virtual lanes by the tree 8-4-2-1: the row reduction of the contract.
template <class L>
float reduce_lanes(const float* lane_sums) noexcept {
  constexpr int parts = static_cast<int>(panel_width) / L::count;
  typename L::F sum[parts];
  for (int i = 0; i < parts; ++i) sum[i] = L::load(lane_sums + i * L::count);
  for (int half = parts / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) sum[i] = sum[i] + sum[i + half];
  }
  return L::tree_sum(sum[0]);
}

/// Row reductions of the contract, of `rows` rows interleaved so that their chains of additions hide one
/// another's latency: sums[row] from sum = term(row, j, sum, lanes) over a row's registers, a chain for each
/// virtual lane. Where a register goes beyond the row, term must leave the lanes there as they are.
template <class L, int rows, class Term>
[[gnu::always_inline]] inline void reduce_rows(std::ptrdiff_t width, const Term& term, float* sums) noexcept {
  constexpr int parts = static_cast<int>(panel_width) / L::count;
  typename L::F sum[rows][parts];
#pragma GCC unroll 4
  for (int row = 0; row < rows; ++row) {
#pragma GCC unroll 4
    for (int part = 0; part < parts; ++part) sum[row][part] = L::broadcast(0.0f);
  }
  const auto add = [&](int part, std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int row = 0; row < rows; ++row) sum[row][part] = term(row, j, sum[row][part], lanes);
  };
  std::ptrdiff_t j = 0;
  for (; j + panel_width <= width; j += panel_width) {
#pragma GCC unroll 4
    for (int part = 0; part < parts; ++part) add(part, j + part * L::count, AllLanes<L>{});
  }
#pragma GCC unroll 4
  for (int part = 0; part < parts; ++part) {
    const std::ptrdiff_t rest = width - j - part * L::count;
    if (rest > 0)
      add(part, j + part * L::count, FirstLanes<L>{static_cast<int>(rest < L::count ? rest : L::count)});
  }
#pragma GCC unroll 4
  for (int row = 0; row < rows; ++row) {
    alignas(64) float lane_sums[panel_width];
#pragma GCC unroll 4
    for (int part = 0; part < parts; ++part) L::store(lane_sums + part * L::count, sum[row][part]);
    sums[row] = reduce_lanes<L>(lane_sums);
  }
}

}  // namespace
}  // namespace saccade::kernels
