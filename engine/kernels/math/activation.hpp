#pragma once

#include "kernels/lanes/xsimd.hpp"
#include "kernels/math/activation_kind.hpp"
#include "kernels/math/gelu.hpp"
#include "kernels/math/silu.hpp"
#include "kernels/math/tanh.hpp"

namespace saccade::kernels {
namespace {

template <class L, Activation activation>
[[gnu::always_inline]] inline typename L::F activate(typename L::F x) noexcept {
  if constexpr (activation == Activation::relu)
    return L::product_unless_less(x, L::broadcast(0.0f), x, L::broadcast(1.0f));
  if constexpr (activation == Activation::gelu) return gelu<L>(x);
  if constexpr (activation == Activation::gelu_tanh) return gelu_tanh<L>(x);
  if constexpr (activation == Activation::silu) return silu<L>(x);
  if constexpr (activation == Activation::tanh) return tanh<L>(x);
  return x;
}

}  // namespace
}  // namespace saccade::kernels
