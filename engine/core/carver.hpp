#pragma once

#include <cstddef>

#include "core/aligned_buffer.hpp"

namespace saccade::core {

/// Cuts aligned pieces from one run of memory. Without memory it only counts, so that the code which lays out
/// a workspace is also the code which tells its size.
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
