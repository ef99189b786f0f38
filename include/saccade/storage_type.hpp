#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "saccade/export.hpp"

namespace saccade {

/// The element type of a tensor in a file or in memory. It does not decide the precision of the arithmetic:
/// values are widened to fp32 when they are read.
enum class StorageType : std::uint8_t {
  boolean,  ///< one byte, 0 or 1
  u8,       ///< unsigned integer, 8 bits
  i8,       ///< signed integer, 8 bits
  i16,      ///< signed integer, 16 bits
  u16,      ///< unsigned integer, 16 bits
  i32,      ///< signed integer, 32 bits
  u32,      ///< unsigned integer, 32 bits
  i64,      ///< signed integer, 64 bits
  u64,      ///< unsigned integer, 64 bits
  f16,      ///< IEEE 754 binary16
  bf16,     ///< bfloat16, the upper half of an f32
  f32,      ///< IEEE 754 binary32
  f64       ///< IEEE 754 binary64
};

/// "f32", "i64", ...
SACCADE_API [[nodiscard]] std::string_view to_string(StorageType type) noexcept;
/// Bytes of one element.
SACCADE_API [[nodiscard]] std::size_t size_of(StorageType type) noexcept;

}  // namespace saccade
