#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/rows/row_registers.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

/// out[j] = join(out[j], x[t][j], t) for all tokens in ascending order: one chain a column, so that columns
/// can be split into tasks. Takes a row after the other, since rows are contiguous; out stays in L1.
template <class L, class Join>
void join_tokens(const Pool& p, float start, const Join& join) noexcept {
  for_registers<L>(p.width,
                   [&](std::ptrdiff_t j, auto lanes) { lanes.store(p.out + j, L::broadcast(start)); });
  for (std::ptrdiff_t t = 0; t < p.tokens; ++t) {
    const float* const x = p.x + t * p.x_stride;
    for_registers<L>(
        p.width, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
          lanes.store(p.out + j, join(lanes.load(p.out + j), lanes.load(x + j), t));
        });
  }
}

/// sum_t fma(weight(t), x[t], .) from +0, divided by `by`.
template <class L, class Weight>
void pool_sums(const Pool& p, typename L::F by, const Weight& weight) noexcept {
  using F = typename L::F;
  join_tokens<L>(
      p, 0.0f, [&](F sum, F x, std::ptrdiff_t t) __attribute__((always_inline)) {
        return L::fma(L::broadcast(weight(t)), x, sum);
      });
  for_registers<L>(p.width, [&](std::ptrdiff_t j, auto lanes) {
    lanes.store(p.out + j, L::divide(lanes.load(p.out + j), by));
  });
}

/// The maximum; NaN where a token has one, which max() of lanes would drop.
template <class L>
void pool_max(const Pool& p) noexcept {
  using F = typename L::F;
  join_tokens<L>(
      p, -infinity, [](F largest, F x, std::ptrdiff_t) __attribute__((always_inline)) {
        return L::select(L::equal_bits(x, x), L::max(x, largest), x);
      });
}

template <class L>
void pool(const Pool& p) noexcept {
  const auto one = [](std::ptrdiff_t) { return 1.0f; };
  const auto position = [&](std::ptrdiff_t t) { return static_cast<float>(p.first + t + 1); };
  const auto lanes_of = [](std::ptrdiff_t n) { return L::broadcast(static_cast<float>(n)); };
  const std::ptrdiff_t n = p.tokens;
  if (n == 0) return fill<L>(p.out, 0, p.width, 0.0f);
  switch (p.pooling) {
    case Pooling::first:
      return copy_values<L>(p.x, p.out, p.width);
    case Pooling::last:
      return copy_values<L>(p.x + (n - 1) * p.x_stride, p.out, p.width);
    case Pooling::mean:
      return pool_sums<L>(p, lanes_of(n), one);
    case Pooling::mean_sqrt:
      return pool_sums<L>(p, L::sqrt(lanes_of(n)), one);
    case Pooling::weighted_mean:
      return pool_sums<L>(p, lanes_of(n * (2 * p.first + n + 1) / 2), position);
    case Pooling::max:
      return pool_max<L>(p);
  }
}

}  // namespace
}  // namespace saccade::kernels
