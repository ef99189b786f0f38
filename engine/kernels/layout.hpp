#pragma once

// Sizes and addresses that every kernel shares. Shapes are row by row, sizes and strides in elements unless
// said otherwise.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "saccade/storage_type.hpp"

namespace saccade::kernels {

/// Keys and weight columns are packed in panels of 16, on every ISA: [panel][depth][16], the last one filled
/// up with +0. The 16 are also the virtual lanes of a row reduction.
inline constexpr std::ptrdiff_t panel_width = 16;
/// Keys are worked on in blocks of 512 at absolute positions from the sequence's key 0. Part of the numerical
/// contract.
inline constexpr std::ptrdiff_t key_block = 512;
/// A product's depth is cut into pieces of 256, each summed by one chain of fused multiply-adds.
/// Part of the numerical contract.
inline constexpr std::ptrdiff_t depth_piece = 256;
/// Scores of a block of 512 keys, and copied rows of a left operand, lie this far apart: 16 more, so that
/// they do not meet in the same cache sets.
inline constexpr std::ptrdiff_t left_stride = key_block + panel_width;
/// Columns that a register tile covers at most.
inline constexpr std::ptrdiff_t widest_tile = 4 * panel_width;
/// Query rows of an attention block.
inline constexpr std::ptrdiff_t row_block = 48;
/// And of a tall one: to its rows keys and values come half as often. The most that a kernel takes.
inline constexpr std::ptrdiff_t tall_row_block = 2 * row_block;
/// Rows that a matrix product's block has at most: three times as many, since weights are larger than L2 and
/// come anew for each block, while the rows themselves, 300 KiB for each 512 of depth, stay.
inline constexpr std::ptrdiff_t matmul_rows = 144;
/// Rows of an attention block that share one buffer of scores, where keys are many; where they are few, twice
/// or four times as many.
inline constexpr std::ptrdiff_t row_group = 12;
/// Lines that any core has room to ask for in a round of a tile's loop.
inline constexpr int safe_prefetch_rate = 3;

constexpr std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit * unit;
}
constexpr std::ptrdiff_t blocks_of(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit;
}

/// Bytes of an element as kernels take them: of a mask, of f16 and bf16, of fp32 and of i32.
[[gnu::always_inline]] constexpr std::ptrdiff_t bytes_of(StorageType type) {
  return type == StorageType::u8 ? 1 : type == StorageType::f16 || type == StorageType::bf16 ? 2 : 4;
}

/// data + n elements of a type; null, which a tensor without elements may have, stays null.
template <class Pointer>
[[gnu::always_inline]] inline Pointer element(Pointer data, StorageType type, std::ptrdiff_t n) noexcept {
  constexpr bool constant = std::is_const_v<std::remove_pointer_t<Pointer>>;
  using Byte = std::conditional_t<constant, const std::byte, std::byte>;
  using Void = std::conditional_t<constant, const void, void>;
  if (data == nullptr) return nullptr;
  return static_cast<Pointer>(
      static_cast<Void*>(static_cast<Byte*>(static_cast<Void*>(data)) + n * bytes_of(type)));
}

/// Rows of `width` values, `stride` apart.
struct StridedRows {
  const float* data;
  std::ptrdiff_t stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
};

/// Something laid out by query and head.
template <class Pointer>
struct ByRow {
  Pointer data = nullptr;
  std::ptrdiff_t query_stride = 0;
  std::ptrdiff_t head_stride = 0;
  StorageType type = StorageType::f32;

  [[gnu::always_inline]] std::ptrdiff_t offset(std::ptrdiff_t query, std::ptrdiff_t head) const noexcept {
    return query * query_stride + head * head_stride;
  }
  [[gnu::always_inline]] Pointer at(std::ptrdiff_t query, std::ptrdiff_t head) const noexcept {
    return element(data, type, offset(query, head));
  }
};

}  // namespace saccade::kernels
