#pragma once

#include <cstddef>

#include "kernels/product/product_parameters.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

/// Rows of a left operand as tiles read them: column k of row i is at data + i * stride + k / 512 * block
/// + k % 512.
struct LeftRows {
  const float* data;
  std::ptrdiff_t stride;
  std::ptrdiff_t block;

  const float* at(std::ptrdiff_t row, std::ptrdiff_t k) const noexcept {
    return data + row * stride + k / key_block * block + k % key_block;
  }
  LeftRows from(std::ptrdiff_t row) const noexcept { return {at(row, 0), stride, block}; }
};

/// Whether tiles read rows in place. Rows a multiple of a page apart would all fall into the same cache sets.
constexpr bool readable_in_place(std::ptrdiff_t stride) {
  constexpr std::ptrdiff_t page = 1024;
  return stride % page != 0;
}

/// Rows in place.
inline LeftRows rows_in_place(const float* data, std::ptrdiff_t stride) noexcept {
  return {data, stride, key_block};
}

/// Copied rows: blocks of 512 columns, each with all rows.
inline LeftRows copied_rows(const float* data, std::ptrdiff_t rows) noexcept {
  return {data, left_stride, rows * left_stride};
}

/// Copies row `row` of a left operand of `rows` rows to where copied_rows has it.
template <class L, class Stored>
void copy_left_row(const Stored* from, std::ptrdiff_t rows, std::ptrdiff_t row, std::ptrdiff_t depth,
                   float* left) noexcept {
  for (std::ptrdiff_t k = 0; k < depth; k += key_block) {
    const std::ptrdiff_t columns = depth - k < key_block ? depth - k : key_block;
    copy_values<L>(from + k, left + (k / key_block * rows + row) * left_stride, columns);
  }
}

}  // namespace
}  // namespace saccade::kernels
