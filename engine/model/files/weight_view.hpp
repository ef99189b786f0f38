#pragma once

#include <cstddef>
#include <cstdint>

#include "saccade/storage_type.hpp"

namespace saccade::model {

/// A matrix [rows][columns], or a vector as one row, where a weight file keeps it: row by row, without gaps,
/// aligned to its elements. Borrowed.
struct WeightView {
  const void* data = nullptr;           ///< null: the model has none
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
  std::int64_t rows = 0;
  std::int64_t columns = 0;

  explicit operator bool() const noexcept { return data != nullptr; }
  [[nodiscard]] std::int64_t elements() const noexcept { return rows * columns; }
  /// `count` elements from `first` on, as a matrix of `new_rows` rows.
  [[nodiscard]] WeightView part(std::int64_t first, std::int64_t new_rows,
                                std::int64_t new_columns) const noexcept {
    const std::size_t skipped = static_cast<std::size_t>(first) * size_of(type);
    return {static_cast<const std::byte*>(data) + skipped, type, new_rows, new_columns};
  }
};

/// y = W x + b.
struct LinearView {
  WeightView weight;  ///< [out][in]
  WeightView bias;    ///< [out], or none
};

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta.
struct NormView {
  WeightView gamma;  ///< [width]; none: no norm
  WeightView beta;   ///< [width], or none
};

}  // namespace saccade::model
