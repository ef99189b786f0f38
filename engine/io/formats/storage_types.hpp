#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// A type's names in the file formats.
struct StorageTypeRow {
  StorageType type;
  std::string_view name;
  std::size_t size;      ///< bytes of one element
  std::string_view npy;  ///< without the byte order; empty: .npy has no such type
  std::string_view safetensors;
};

inline constexpr std::array<StorageTypeRow, 13> storage_types = {{
    {StorageType::boolean, "bool", 1, "b1", "BOOL"},
    {StorageType::u8, "u8", 1, "u1", "U8"},
    {StorageType::i8, "i8", 1, "i1", "I8"},
    {StorageType::i16, "i16", 2, "i2", "I16"},
    {StorageType::u16, "u16", 2, "u2", "U16"},
    {StorageType::i32, "i32", 4, "i4", "I32"},
    {StorageType::u32, "u32", 4, "u4", "U32"},
    {StorageType::i64, "i64", 8, "i8", "I64"},
    {StorageType::u64, "u64", 8, "u8", "U64"},
    {StorageType::f16, "f16", 2, "f2", "F16"},
    {StorageType::bf16, "bf16", 2, "", "BF16"},
    {StorageType::f32, "f32", 4, "f4", "F32"},
    {StorageType::f64, "f64", 8, "f8", "F64"},
}};

[[nodiscard]] const StorageTypeRow& row_of(StorageType type) noexcept;
[[nodiscard]] std::optional<StorageType> type_of_npy(std::string_view code) noexcept;
[[nodiscard]] std::optional<StorageType> type_of_safetensors(std::string_view code) noexcept;

/// Bytes of a tensor; nothing where a size is negative or where the product of the other sizes does not fit,
/// even if one size is 0: then products of some of the sizes cannot overflow either.
[[nodiscard]] std::optional<std::uint64_t> bytes_of(const TensorInfo& tensor) noexcept;

/// "[2, 3]"
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace saccade::io
