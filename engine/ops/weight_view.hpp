#pragma once

#include <cstddef>
#include <cstdint>

#include "saccade/storage_type.hpp"

namespace saccade::ops {

/// A borrowed weight matrix [rows][columns], or a vector as one row, in the type and layout in which a file
/// or a caller stores it; aligned to its elements.
struct WeightView {
  const void* data = nullptr;           ///< null: the model has no such weight
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_stride = 0;  ///< in elements, at least columns

  explicit operator bool() const noexcept { return data != nullptr; }
  [[nodiscard]] std::int64_t elements() const noexcept { return rows * columns; }
  [[nodiscard]] const void* at(std::int64_t row, std::int64_t column) const noexcept {
    const auto element = static_cast<std::size_t>(row * row_stride + column);
    return static_cast<const std::byte*>(data) + element * size_of(type);
  }
  [[nodiscard]] WeightView slice_rows(std::int64_t first, std::int64_t count) const noexcept {
    return {at(first, 0), type, count, columns, row_stride};
  }
  [[nodiscard]] WeightView slice_columns(std::int64_t first, std::int64_t count) const noexcept {
    return {at(0, first), type, rows, count, row_stride};
  }
};

/// A linear map y = W x + b as it is stored.
struct LinearView {
  WeightView weight;         ///< [out][in], or [in][out] where input_major
  WeightView bias;           ///< [out], or none
  bool input_major = false;  ///< as GPT-2's Conv1D stores weights

  [[nodiscard]] std::int64_t out() const noexcept { return input_major ? weight.columns : weight.rows; }
  [[nodiscard]] std::int64_t in() const noexcept { return input_major ? weight.rows : weight.columns; }
};

/// A layer norm y = gamma (x - mean) / sqrt(variance + epsilon) + beta as it is stored.
struct NormView {
  WeightView gamma;  ///< [width]; none: no norm
  WeightView beta;   ///< [width], or none
};

}  // namespace saccade::ops
