#pragma once

// aarch64 Advanced SIMD. vmaxq propagates NaN where x86 does not, so max is a compare and a select here.
// xsimd's division and square root of floats are estimates here.

#include <arm_neon.h>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

using Neon = xsimd::neon64;

template <>
struct Lanes<Neon> : XsimdLanes<Neon>, StoredLanes<Lanes<Neon>, 4> {
  static constexpr int registers = 32;
  using StoredLanes::load;
  using StoredLanes::store;
  using XsimdLanes::load;
  using XsimdLanes::store;

  static F load(const float* p, int n) noexcept {
    float lanes[4] = {};
    for (int i = 0; i < n; ++i) lanes[i] = p[i];
    return vld1q_f32(lanes);
  }
  static void store(float* p, F x, int n) noexcept {
    float lanes[4];
    vst1q_f32(lanes, x);
    for (int i = 0; i < n; ++i) p[i] = lanes[i];
  }
  static F load(const Float16* p) noexcept { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&p->bits))); }
  static void store(Float16* p, F x) noexcept { vst1_u16(&p->bits, vreinterpret_u16_f16(vcvt_f16_f32(x))); }
  static F divide(F a, F b) noexcept { return vdivq_f32(a, b); }
  static F sqrt(F x) noexcept { return vsqrtq_f32(x); }
  static F copy_sign(F a, F b) noexcept { return vbslq_f32(vdupq_n_u32(0x80000000u), b, a); }
  static unsigned equal_bits(F a, F b) noexcept {
    const uint32x4_t lane = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vceqq_f32(a, b), lane));
  }
  static F select(unsigned bits, F a, F b) noexcept {
    const uint32x4_t lane = {1, 2, 4, 8};
    return vbslq_f32(vtstq_u32(vdupq_n_u32(bits), lane), a, b);
  }
  static F max(F a, F b) noexcept { return vbslq_f32(vcgtq_f32(a, b), a, b); }
  /// As xsimd's, which GCC does not inline.
  static F exponent_field(F t) noexcept {
    return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(t), 23));
  }
  static float tree_sum(F x) noexcept {
    const float32x2_t two = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
  }
  static float largest(F x) noexcept { return vmaxvq_f32(x); }
  static D broadcast_double(float x) noexcept { return vdupq_n_f64(static_cast<double>(x)); }
  static D load_double(const float* p) noexcept { return vcvt_f64_f32(vld1_f32(p)); }
  static void store(float* p, D x) noexcept { vst1_f32(p, vcvt_f32_f64(x)); }
  static void keep(F& x) noexcept { asm volatile("" : "+w"(x.data)); }
  static void transpose(F (&r)[4]) noexcept { xsimd::transpose(r, r + 4); }
};

}  // namespace
}  // namespace saccade::kernels
