#pragma once

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// tanh, at most 1.94 units in the last place off, odd, monotone, never beyond 1; NaN stays NaN. With a =
/// -|x| and e^(2a) = t (1 + 2p), t a power of two: tanh |x| = (1 - e^(2a)) / (1 + e^(2a)), numerator and
/// denominator from one last rounding each. The polynomial is minimax for (e^(2s) - 1) / 2 = s + s^2 W(s) on
/// |s| <= ln2/4 (Lawson's reweighting, then a search over neighbouring fp32 coefficients).
template <class L>
typename L::F tanh(typename L::F x) noexcept {
  const auto negative = L::copy_sign(x, L::broadcast(-1.0f));
  const auto a = L::max(L::broadcast(-9.125f), negative);         // beyond it tanh rounds to 1
  const auto round = L::broadcast(12582912.0f + 127.0f);          // see exp2.hpp
  const auto z = L::fma(a, L::broadcast(0x1.715476p+1f), round);  // 2 log2(e)
  const auto t = L::exponent_field(z);
  const auto s = L::fma(z - round, L::broadcast(-0x1.62e43p-2f), a);  // - ln2 / 2
  auto w = L::broadcast(0x1.6bed1p-5f);
  w = L::fma(w, s, L::broadcast(0x1.1227cp-3f));
  w = L::fma(w, s, L::broadcast(0x1.555672p-2f));
  w = L::fma(w, s, L::broadcast(0x1.5554bp-1f));
  w = L::fma(w, s, L::broadcast(0x1.fffffep-1f));
  const auto p = L::fma(s * s, w, s);
  const auto half = L::broadcast(0.5f);
  const auto over = L::fma(t, p, L::fma(t, half, L::broadcast(-0.5f)));
  const auto under = L::fma(t, p, L::fma(t, half, half));
  return L::copy_sign(L::divide(over, under), x);
}

}  // namespace
}  // namespace saccade::kernels
