#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/rows/row_registers.hpp"

namespace saccade::kernels {
namespace {

/// Rows that are computed together. With one row, each addition to its sums would wait four cycles for the
/// one before, and the division and the square root would not overlap. AVX2 has registers for the sums (two
/// each) and means of four rows.
constexpr int norm_rows = 4;

/// Calls work(row, number of rows) for groups of norm_rows rows, then for single rows; the number is a type.
template <class Work>
[[gnu::always_inline]] inline void for_row_groups(std::ptrdiff_t rows, const Work& work) noexcept {
  std::ptrdiff_t row = 0;
  for (; row + norm_rows <= rows; row += norm_rows) work(row, std::integral_constant<int, norm_rows>());
  for (; row < rows; ++row) work(row, std::integral_constant<int, 1>());
}

/// Layer norm with n columns (Ba, Kiros and Hinton 2016, arXiv:1607.06450), each row read three times, from
/// L1:
///   mean = sum x / n, d = x - mean
///   variance = sum d d / n           a chain of fma(d, d, .)
///   y = fma(d (1 / sqrt(variance + epsilon)), gamma, beta)
template <class L, int rows>
void layer_norm_rows(const LayerNorm& p, const float* x, float* out) noexcept {
  using F = typename L::F;
  static_assert(norm_rows <= L::count, "statistics of a group share a register");
  const F n = L::broadcast(static_cast<float>(p.width));
  const std::ptrdiff_t x_stride = p.x_stride;
  alignas(64) float statistics[L::count] = {};
  reduce_rows<L, rows>(
      p.width,
      [&](int row, std::ptrdiff_t j, F sum, auto lanes)
          __attribute__((always_inline)) { return sum + lanes.load(x + row * x_stride + j); },
      statistics);
  L::store(statistics, L::divide(L::load(statistics), n));
  F mean[rows], factor[rows];
#pragma GCC unroll 4
  for (int row = 0; row < rows; ++row) mean[row] = L::broadcast(statistics[row]);
  reduce_rows<L, rows>(
      p.width,
      [&](int row, std::ptrdiff_t j, F sum, auto lanes) __attribute__((always_inline)) {
        const F d = lanes.clear_others(lanes.load(x + row * x_stride + j) - mean[row]);
        return L::fma(d, d, sum);
      },
      statistics);
  const F variance = L::divide(L::load(statistics), n) + L::broadcast(p.epsilon);
  L::store(statistics, L::divide(L::broadcast(1.0f), L::sqrt(variance)));
#pragma GCC unroll 4
  for (int row = 0; row < rows; ++row) factor[row] = L::broadcast(statistics[row]);
  for_registers<L>(
      p.width, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
        const F gamma = lanes.load(p.gamma + j), beta = p.beta ? lanes.load(p.beta + j) : L::broadcast(0.0f);
#pragma GCC unroll 4
        for (int row = 0; row < rows; ++row) {
          const F d = lanes.load(x + row * x_stride + j) - mean[row];
          lanes.store(out + row * p.out_stride + j, L::fma(d * factor[row], gamma, beta));
        }
      });
}

template <class L>
void layer_norm(const LayerNorm& p) noexcept {
  for_row_groups(p.rows, [&](std::ptrdiff_t row, auto rows) {
    layer_norm_rows<L, rows>(p, p.x + row * p.x_stride, p.out + row * p.out_stride);
  });
}

template <class L, int rows>
void normalize_rows(const Normalize& p, const float* x, float* out) noexcept {
  using F = typename L::F;
  alignas(64) float norms[L::count] = {};
  reduce_rows<L, rows>(
      p.width,
      [&](int row, std::ptrdiff_t j, F sum, auto lanes) __attribute__((always_inline)) {
        const F value = lanes.load(x + row * p.x_stride + j);
        return L::fma(value, value, sum);
      },
      norms);
  L::store(norms, L::max(L::broadcast(1e-12f), L::sqrt(L::load(norms))));
  for_registers<L>(
      p.width, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
#pragma GCC unroll 4
        for (int row = 0; row < rows; ++row)
          lanes.store(out + row * p.out_stride + j,
                      L::divide(lanes.load(x + row * p.x_stride + j), L::broadcast(norms[row])));
      });
}

template <class L>
void normalize(const Normalize& p) noexcept {
  for_row_groups(p.rows, [&](std::ptrdiff_t row, auto rows) {
    normalize_rows<L, rows>(p, p.x + row * p.x_stride, p.out + row * p.out_stride);
  });
}

}  // namespace
}  // namespace saccade::kernels
