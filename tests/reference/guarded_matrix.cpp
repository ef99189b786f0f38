#include "reference/guarded_matrix.hpp"

#include <algorithm>
#include <bit>

namespace saccade::test {
namespace {

constexpr std::int64_t line = 16, guard = 2 * line;
constexpr std::uint32_t pattern = 0x7fa5c3e1u;  // a NaN, so that reading it shows as well

}  // namespace

GuardedMatrix::GuardedMatrix(std::int64_t rows, std::int64_t columns, std::int64_t stride,
                             std::int64_t offset)
    : rows_(rows),
      columns_(columns),
      stride_(stride),
      memory_(static_cast<std::size_t>(rows * stride + 2 * guard + line + offset),
              std::bit_cast<float>(pattern)),
      data_(memory_.data() + guard) {
  while (reinterpret_cast<std::uintptr_t>(data_) % (line * sizeof(float)) != 0) ++data_;
  data_ += offset;
}

void GuardedMatrix::assign(std::span<const float> values) {
  for (std::int64_t row = 0; row < rows_; ++row)
    std::copy_n(values.begin() + row * columns_, columns_, data_ + row * stride_);
}

std::vector<float> GuardedMatrix::values() const {
  std::vector<float> all;
  for (std::int64_t row = 0; row < rows_; ++row)
    all.insert(all.end(), data_ + row * stride_, data_ + row * stride_ + columns_);
  return all;
}

bool GuardedMatrix::is_element(std::int64_t index) const noexcept {
  return index >= 0 && index / stride_ < rows_ && index % stride_ < columns_;
}

bool GuardedMatrix::guards_hold() const {
  const std::int64_t origin = data_ - memory_.data();
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(memory_.size()); ++i) {
    if (!is_element(i - origin) &&
        std::bit_cast<std::uint32_t>(memory_[static_cast<std::size_t>(i)]) != pattern)
      return false;
  }
  return true;
}

bool GuardedMatrix::untouched() const {
  return std::all_of(memory_.begin(), memory_.end(),
                     [](float x) { return std::bit_cast<std::uint32_t>(x) == pattern; });
}

}  // namespace saccade::test
