#pragma once

#include <cstdint>

namespace saccade::kernels {
namespace {

/// log2 of a sum of powers: x is normal, 0, infinite or NaN. x = 2^e m with m in [sqrt 1/2, sqrt 2), f = m -
/// 1, log2(1 + f) = f log2(e) + f^2 P(f), P minimax (Lawson's reweighting, then a search over neighbouring
/// fp32 coefficients).
inline float log2(float x) noexcept {
  if (x == 0.0f) return -__builtin_inff();
  if (!(x < __builtin_inff())) return x;
  constexpr std::uint32_t sqrt_half = 0x3f3504f3u;
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x) - sqrt_half;
  const auto e = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
  const float f = __builtin_bit_cast(float, (bits & 0x7fffffu) + sqrt_half) - 1.0f;
  float p = 0x1.01de58p-3f;
  p = __builtin_fmaf(p, f, -0x1.a7b446p-3f);
  p = __builtin_fmaf(p, f, 0x1.b951a8p-3f);
  p = __builtin_fmaf(p, f, -0x1.e9776ep-3f);
  p = __builtin_fmaf(p, f, 0x1.26dc9ep-2f);
  p = __builtin_fmaf(p, f, -0x1.715bcep-2f);
  p = __builtin_fmaf(p, f, 0x1.ec737p-2f);
  p = __builtin_fmaf(p, f, -0x1.71547p-1f);
  return e + __builtin_fmaf(f, 0x1.715476p+0f, f * f * p);
}

}  // namespace
}  // namespace saccade::kernels
