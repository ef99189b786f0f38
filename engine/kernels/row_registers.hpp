#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// A whole register of a row.
template <class L>
struct AllLanes {
  using F = typename L::F;
  static F load(const float* p) noexcept { return L::load(p); }
  static void store(float* p, F x) noexcept { L::store(p, x); }
};

/// The first n lanes of a register: what is left at the end of a row.
template <class L>
struct FirstLanes {
  using F = typename L::F;
  int n;
  F load(const float* p) const noexcept { return L::load(p, n); }
  void store(float* p, F x) const noexcept { L::store(p, x, n); }
};

/// Calls step(j, lanes) for each register of a row of `width` columns, which begins at column j.
template <class L, class Step>
[[gnu::always_inline]] inline void for_registers(std::ptrdiff_t width, const Step& step) noexcept {
  std::ptrdiff_t j = 0;
  for (; j + L::count <= width; j += L::count) step(j, AllLanes<L>{});
  if (j < width) step(j, FirstLanes<L>{static_cast<int>(width - j)});
}

}  // namespace
}  // namespace saccade::kernels
