#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/layout.hpp"

namespace saccade::kernels {
namespace {

/// Calls action with `data` as a pointer to values of `type`: f32, f16 or bf16.
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

/// Copies n values and converts them to the type of `to`.
template <class L, class From, class To>
void copy_values(const From* from, To* to, std::ptrdiff_t n) noexcept {
  std::ptrdiff_t i = 0;
#pragma GCC unroll 4
  for (; i + L::count <= n; i += L::count) L::store(to + i, L::load(from + i));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) L::store(to + i, L::load(from + i, rest), rest);
}

template <class L>
void store_value(StorageType type, void* data, std::ptrdiff_t at, float x) noexcept {
  with_stored(type, data, [&](auto* to) { L::store(to + at, L::broadcast(x), 1); });
}

/// u = step(u) over n values.
template <class L, class Step>
void change_values(float* u, std::ptrdiff_t n, const Step& step) noexcept {
  std::ptrdiff_t i = 0;
  for (; i + L::count <= n; i += L::count) L::store(u + i, step(L::load(u + i)));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) L::store(u + i, step(L::load(u + i, rest)), rest);
}

}  // namespace
}  // namespace saccade::kernels
