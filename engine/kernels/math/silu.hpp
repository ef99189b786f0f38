#pragma once

#include "kernels/lanes/xsimd.hpp"
#include "kernels/math/exp2.hpp"

namespace saccade::kernels {
namespace {

/// x / (1 + e^-v), with 2^n 2^f = e^-v, n the integer nearest to -v log2(e); +0 for v < -87, where the
/// power would be too large, and for v = -infinity. NaN stays NaN.
template <class L>
[[gnu::always_inline]] inline typename L::F sigmoid_product(typename L::F x, typename L::F v) noexcept {
  const auto log2_e_high = L::broadcast(-0x1.715476p+0f), log2_e_low = L::broadcast(-0x1.4ae0cp-26f);
  const auto magic = L::broadcast(round_to_exponent);
  const auto t = L::fma(v, log2_e_high, magic);
  const auto f = L::fma(v, log2_e_low, L::fma(v, log2_e_high, magic - t));
  const auto power = L::product_unless_less(t, L::broadcast(round_to_exponent + smallest_exponent),
                                            exp2_fraction<L>(f), L::exponent_field(t));
  const auto one = L::broadcast(1.0f);
  return L::product_unless_less(v, L::broadcast(-87.0f), x, L::divide(one, one + power));
}

/// x sigmoid(x), also called swish; relative error at most 5 * 2^-24.
template <class L>
[[gnu::always_inline]] inline typename L::F silu(typename L::F x) noexcept {
  return sigmoid_product<L>(x, x);
}

/// GELU by a tanh, x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel 2016),
/// as x sigmoid(2 u), which does not cancel where x is negative. Relative error at most 5 * 2^-24, and 6 |u|
/// * 2^-24 more where x is negative, from the roundings of u.
template <class L>
[[gnu::always_inline]] inline typename L::F gelu_tanh(typename L::F x) noexcept {
  const auto twice_u = L::fma(x * x, L::broadcast(0x1.2444f2p-4f), L::broadcast(0x1.988454p+0f)) * x;
  return sigmoid_product<L>(x, twice_u);
}

}  // namespace
}  // namespace saccade::kernels
