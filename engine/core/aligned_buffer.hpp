#pragma once

#include <cstddef>
#include <utility>

#include "core/pages.hpp"

namespace saccade {

/// Owned memory, not initialised, aligned to cache lines and, where it is large, to huge pages.
template <class T>
class AlignedBuffer {
 public:
  static constexpr std::size_t alignment = core::cache_line;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(static_cast<T*>(core::allocate(size * sizeof(T)))), size_(size) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~AlignedBuffer() { core::release(data_, size_ * sizeof(T)); }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace saccade
