#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// Calls action with `data` as a pointer to what `type` says: f32, f16 or bf16.
template <class Action>
void with_stored(StorageType type, const void* data, const Action& action) noexcept {
  if (type == StorageType::f16) return action(static_cast<const Float16*>(data));
  if (type == StorageType::bf16) return action(static_cast<const BFloat16*>(data));
  action(static_cast<const float*>(data));
}
template <class Action>
void with_stored(StorageType type, void* data, const Action& action) noexcept {
  if (type == StorageType::f16) return action(static_cast<Float16*>(data));
  if (type == StorageType::bf16) return action(static_cast<BFloat16*>(data));
  action(static_cast<float*>(data));
}

/// `to` gets n values of `from`, in fp32 or as stored.
template <class L, class From, class To>
void copy_values(const From* from, To* to, std::ptrdiff_t n) noexcept {
  std::ptrdiff_t i = 0;
  for (; i + L::count <= n; i += L::count) L::store(to + i, L::load(from + i));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) L::store(to + i, L::load(from + i, rest), rest);
}

template <class L>
void store_value(StorageType type, void* data, std::ptrdiff_t at, float x) noexcept {
  with_stored(type, data, [&](auto* to) { L::store(to + at, L::broadcast(x), 1); });
}

inline std::ptrdiff_t bytes_of(StorageType type) noexcept {
  return type == StorageType::f32 ? 4 : 2;
}

/// data + n elements.
inline const void* element(const void* data, StorageType type, std::ptrdiff_t n) noexcept {
  return static_cast<const std::byte*>(data) + n * bytes_of(type);
}
inline void* element(void* data, StorageType type, std::ptrdiff_t n) noexcept {
  return static_cast<std::byte*>(data) + n * bytes_of(type);
}

}  // namespace
}  // namespace saccade::kernels
