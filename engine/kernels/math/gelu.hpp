#pragma once

#include "kernels/lanes/xsimd.hpp"
#include "kernels/math/exp2.hpp"

namespace saccade::kernels {
namespace {

/// |x| Q(|x|), Q the upper tail of the normal distribution: gelu(x) = max(x, 0) - |x| Q(|x|).
///   a = |x|, s = fl(a a), e = a a - s           the square in two parts: s alone is inexact for large |x|
///   2^n 2^f = e^(-a^2 / 2), n the integer nearest to -s log2(e) / 2
///   a Q(a) = 2^n (a P(a) 2^f / D(a))            P / D = e^(a^2 / 2) erfc(a / sqrt 2) / 2
/// The rational is minimax (Lawson's reweighting of the linearised problem, then a search over neighbouring
/// fp32 coefficients), for log2(e) / 2 as fp32 has it. Relative error at most 8 * 2^-24. Below 2^-124, from a
/// = 13.14 on, it is +0: neither n nor a product is subnormal; NaN stays NaN.
template <class L>
[[gnu::always_inline]] inline typename L::F normal_tail_moment(typename L::F x) noexcept {
  const auto half_log2_e = L::broadcast(-0x1.715476p-1f);
  const auto magic = L::broadcast(round_to_exponent);
  const auto a = L::copy_sign(x, L::broadcast(1.0f));
  const auto s = a * a;
  const auto e = L::fma(a, a, L::broadcast(0.0f) - s);
  const auto t = L::fma(s, half_log2_e, magic);
  const auto f = L::fma(e, half_log2_e, L::fma(s, half_log2_e, magic - t));
  auto over = L::broadcast(0x1.141c6cp-8f);
  over = L::fma(over, a, L::broadcast(0x1.529e4ep-5f));
  over = L::fma(over, a, L::broadcast(0x1.7bba58p-3f));
  over = L::fma(over, a, L::broadcast(0x1.c405b4p-2f));
  over = L::fma(over, a, L::broadcast(0.5f));
  auto under = L::broadcast(0x1.5a0dccp-7f);
  under = L::fma(under, a, L::broadcast(0x1.a869p-4f));
  under = L::fma(under, a, L::broadcast(0x1.e69d26p-2f));
  under = L::fma(under, a, L::broadcast(0x1.363c7ap+0f));
  under = L::fma(under, a, L::broadcast(0x1.ae450cp+0f));
  under = L::fma(under, a, L::broadcast(1.0f));
  const auto moment = L::divide(a * over * exp2_fraction<L>(f), under);
  return L::product_unless_less(t, L::broadcast(round_to_exponent - 124.0f), moment, L::exponent_field(t));
}

/// GELU: x times the normal distribution's probability up to x, x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and
/// Gimpel 2016, arXiv:1606.08415). Computed by the tail, so that nothing cancels for negative x. Relative
/// error at most 8 * 2^-24 for negative x, +0 below -13.14; 6 * 2^-24 for positive x.
template <class L>
[[gnu::always_inline]] inline typename L::F gelu(typename L::F x) noexcept {
  return L::max(L::broadcast(0.0f), x) - normal_tail_moment<L>(x);
}

}  // namespace
}  // namespace saccade::kernels
