#pragma once

// Sizes and addresses that all kernels share. Matrices are row-major; sizes and strides are in elements
// unless said otherwise.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "saccade/storage_type.hpp"

namespace saccade::kernels {

/// Keys and weight columns are packed in panels of 16, on every ISA: [panel][depth][16], the last one filled
/// up with +0. The 16 are also the virtual lanes of a row reduction.
inline constexpr std::ptrdiff_t panel_width = 16;
/// Keys are taken in blocks of 512 at absolute positions from the sequence's key 0. Part of the numerical
/// contract.
inline constexpr std::ptrdiff_t key_block = 512;
/// A product's depth is cut into pieces of 256, each summed by one chain of fused multiply-adds.
/// Part of the numerical contract.
inline constexpr std::ptrdiff_t depth_piece = 256;
/// The stride of rows of scores of a block of 512 keys, and of copied rows of a left operand: 16 more than
/// 512, so that rows do not fall into the same cache sets.
inline constexpr std::ptrdiff_t left_stride = key_block + panel_width;
/// The most columns of a register tile.
inline constexpr std::ptrdiff_t widest_tile = 4 * panel_width;
/// Query rows of an attention block.
inline constexpr std::ptrdiff_t row_block = 48;
/// Query rows of a large attention block, the most that the kernel takes: keys and values are loaded half as
/// often.
inline constexpr std::ptrdiff_t max_row_block = 2 * row_block;
/// The most rows of a matrix product's block: three times as many, since weights are larger than L2 and
/// loaded again for each block, while the rows themselves, 300 KiB for each 512 of depth, stay in L2.
inline constexpr std::ptrdiff_t matmul_rows = 144;
/// Rows of an attention block that share one buffer of scores. Where keys are few, twice or four times as
/// many.
inline constexpr std::ptrdiff_t row_group = 12;
/// Prefetches in a round of a tile's loop that do not delay the loads of any known core.
inline constexpr int safe_prefetch_rate = 3;

constexpr std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit * unit;
}
constexpr std::ptrdiff_t blocks_of(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit;
}

/// Bytes of an element: of a mask (u8), of f16 and bf16, of f32 and i32.
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

/// An operand or result addressed by query and head.
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
