#pragma once

// AVX-512: masks make partial registers free, and xsimd's fp32 transpose would be a scalar loop.

#include <immintrin.h>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

using Avx512 = xsimd::avx512bw;

template <>
struct Lanes<Avx512> : XsimdLanes<Avx512>, StoredLanes<Lanes<Avx512>, 16> {
  static constexpr int registers = 32;
  using StoredLanes::load;
  using StoredLanes::store;
  using XsimdLanes::load;
  using XsimdLanes::store;

  static __mmask16 first(int n) noexcept { return static_cast<__mmask16>((1u << n) - 1u); }
  static F load(const float* p, int n) noexcept { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store(float* p, F x, int n) noexcept { _mm512_mask_storeu_ps(p, first(n), x); }
  static F load(const Float16* p) noexcept {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static F load(const BFloat16* p) noexcept {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static void store(Float16* p, F x) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  static unsigned nonzero_bits(const std::uint8_t* p) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return 0xffffu ^ static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
  }
  static unsigned equal_bits(F a, F b) noexcept { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static F select(unsigned bits, F a, F b) noexcept {
    return _mm512_mask_blend_ps(static_cast<__mmask16>(bits), b, a);
  }
  static F max(F a, F b) noexcept { return _mm512_max_ps(a, b); }
  static F product_unless_less(F t, F limit, F a, F b) noexcept {
    return _mm512_maskz_mul_ps(_mm512_cmp_ps_mask(t, limit, _CMP_NLT_UQ), a, b);
  }

  static float tree_sum(F x) noexcept {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float largest(F x) noexcept {
    const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }
  static D broadcast_double(float x) noexcept { return _mm512_cvtps_pd(_mm256_set1_ps(x)); }
  static D load_double(const float* p) noexcept { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
  static void store(float* p, D x) noexcept { _mm256_storeu_ps(p, _mm512_cvtpd_ps(x)); }
  static void keep(F& x) noexcept { asm volatile("" : "+v"(x.data)); }

  /// Pairs of rows, then pairs of pairs within 128-bit quarters, then the quarters.
  [[gnu::always_inline]] static void transpose(F (&r)[16]) noexcept {
    __m512 t[16];
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
      const __m512 ab_low = _mm512_unpacklo_ps(r[i], r[i + 1]), ab_high = _mm512_unpackhi_ps(r[i], r[i + 1]);
      const __m512 cd_low = _mm512_unpacklo_ps(r[i + 2], r[i + 3]),
                   cd_high = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
      t[i] = _mm512_shuffle_ps(ab_low, cd_low, 0x44);
      t[i + 1] = _mm512_shuffle_ps(ab_low, cd_low, 0xee);
      t[i + 2] = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
      t[i + 3] = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m512 low_even = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
      const __m512 low_odd = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
      const __m512 high_even = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
      const __m512 high_odd = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
      r[i] = _mm512_shuffle_f32x4(low_even, high_even, 0x88);
      r[i + 8] = _mm512_shuffle_f32x4(low_even, high_even, 0xdd);
      r[i + 4] = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
      r[i + 12] = _mm512_shuffle_f32x4(low_odd, high_odd, 0xdd);
    }
  }
};

}  // namespace
}  // namespace saccade::kernels
