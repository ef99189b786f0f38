#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "saccade/tensor_file.hpp"

namespace saccade::io {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so is this reader");

[[nodiscard]] constexpr bool converts_to_float(StorageType type) noexcept {
  return type == StorageType::f32 || type == StorageType::f16 || type == StorageType::bf16 ||
         type == StorageType::f64;
}

/// Converts elements of a file, at any alignment, to fp32. `type` must satisfy converts_to_float. f64 is
/// rounded to nearest; values beyond the range of fp32 become infinity.
void convert_to_float(StorageType type, std::span<const std::byte> bytes, std::span<float> out) noexcept;

/// Converts elements of type i32 or i64.
void convert_to_integers(StorageType type, std::span<const std::byte> bytes,
                         std::span<std::int64_t> out) noexcept;

}  // namespace saccade::io
