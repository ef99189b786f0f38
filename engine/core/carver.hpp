#pragma once

#include <cstddef>

#include "core/aligned_buffer.hpp"

namespace saccade::core {

/// Divides one run of memory into aligned pieces. Without memory it only counts, so that one function both
/// lays out a workspace and computes its size.
class Carver {
 public:
  explicit Carver(std::byte* memory = nullptr) noexcept : memory_(memory) {}

  template <class T>
  [[nodiscard]] T* take(std::size_t count) noexcept {
    static constexpr std::size_t line = AlignedBuffer<std::byte>::alignment;
    const std::size_t begin = used_;
    used_ += (count * sizeof(T) + line - 1) / line * line;
    return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + begin);
  }

  [[nodiscard]] std::size_t used() const noexcept { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

}  // namespace saccade::core
