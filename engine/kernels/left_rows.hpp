#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// Where column k of a copied left operand begins: blocks of 512 columns, in each all rows, left_stride
/// apart.
constexpr std::ptrdiff_t left_column(std::ptrdiff_t rows, std::ptrdiff_t k) {
  return k / key_block * rows * left_stride + k % key_block;
}

/// Copies rows of a left operand to where the tiles read them.
template <class L>
void copy_left_rows(const float* source, std::ptrdiff_t stride, std::ptrdiff_t rows, std::ptrdiff_t depth,
                    float* left) noexcept {
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    const float* from = source + i * stride;
    std::ptrdiff_t k = 0;
    for (; k + L::count <= depth; k += L::count)
      L::store(left + left_column(rows, k) + i * left_stride, L::load(from + k));
    if (k < depth) {
      const int rest = static_cast<int>(depth - k);
      L::store(left + left_column(rows, k) + i * left_stride, L::load(from + k, rest), rest);
    }
  }
}

}  // namespace
}  // namespace saccade::kernels
