#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace saccade::test {

/// A matrix inside memory that is filled with a pattern, so that writes beside its elements show: before it,
/// after it, and between its rows where `stride` is wider than `columns`. `offset` elements past a cache
/// line.
class GuardedMatrix {
 public:
  GuardedMatrix(std::int64_t rows, std::int64_t columns, std::int64_t stride, std::int64_t offset = 0);
  GuardedMatrix(std::int64_t rows, std::int64_t columns) : GuardedMatrix(rows, columns, columns) {}
  GuardedMatrix(const GuardedMatrix&) = delete;
  GuardedMatrix& operator=(const GuardedMatrix&) = delete;

  [[nodiscard]] float* data() noexcept { return data_; }
  [[nodiscard]] std::int64_t stride() const noexcept { return stride_; }
  /// Writes `values` [rows][columns] to the matrix.
  void assign(std::span<const float> values);
  /// The elements, row by row.
  [[nodiscard]] std::vector<float> values() const;
  /// Whether nothing but elements was written.
  [[nodiscard]] bool guards_hold() const;
  /// Whether nothing at all was written since construction.
  [[nodiscard]] bool untouched() const;

 private:
  [[nodiscard]] bool is_element(std::int64_t index) const noexcept;

  std::int64_t rows_, columns_, stride_;
  std::vector<float> memory_;
  float* data_;
};

}  // namespace saccade::test
