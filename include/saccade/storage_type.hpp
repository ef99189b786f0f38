#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "saccade/export.hpp"

namespace saccade {

/// How elements are stored, in a file or in memory. Arithmetic is the engine's whatever the storage.
enum class StorageType : std::uint8_t { boolean, u8, i8, i16, u16, i32, u32, i64, u64, f16, bf16, f32, f64 };

/// "f32", "i64", ...
SACCADE_API [[nodiscard]] std::string_view to_string(StorageType type) noexcept;
/// Bytes of one element.
SACCADE_API [[nodiscard]] std::size_t size_of(StorageType type) noexcept;

}  // namespace saccade
