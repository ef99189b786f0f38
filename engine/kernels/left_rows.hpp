#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/stored.hpp"

namespace saccade::kernels {
namespace {

/// Where column k of a copied left operand begins: blocks of 512 columns, in each all rows, left_stride
/// apart.
constexpr std::ptrdiff_t left_column(std::ptrdiff_t rows, std::ptrdiff_t k) {
  return k / key_block * rows * left_stride + k % key_block;
}

/// Copies row `row` of a left operand of `rows` rows to where the tiles read it.
template <class L, class Stored>
void copy_left_row(const Stored* from, std::ptrdiff_t rows, std::ptrdiff_t row, std::ptrdiff_t depth,
                   float* left) noexcept {
  for (std::ptrdiff_t k = 0; k < depth; k += key_block) {
    const std::ptrdiff_t columns = depth - k < key_block ? depth - k : key_block;
    copy_values<L>(from + k, left + left_column(rows, k) + row * left_stride, columns);
  }
}

}  // namespace
}  // namespace saccade::kernels
