#pragma once

// AVX2 with FMA and F16C: fma3<avx2> and not avx2, since only there is xsimd's fma fused.

#include <immintrin.h>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

using Avx2 = xsimd::fma3<xsimd::avx2>;

template <>
struct Lanes<Avx2> : XsimdLanes<Avx2>, StoredLanes<Lanes<Avx2>, 8> {
  static constexpr int registers = 16;
  using StoredLanes::load;
  using StoredLanes::store;
  using XsimdLanes::load;
  using XsimdLanes::store;

  static __m256i first(int n) noexcept {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static F load(const float* p, int n) noexcept { return _mm256_maskload_ps(p, first(n)); }
  static void store(float* p, F x, int n) noexcept { _mm256_maskstore_ps(p, first(n), x); }
  static F load(const Float16* p) noexcept {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static F load(const BFloat16* p) noexcept {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static void store(Float16* p, F x) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  static unsigned nonzero_bits(const std::uint8_t* p) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return 0xffffu ^ static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
  }
  static unsigned equal_bits(F a, F b) noexcept {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)));
  }
  static F select(unsigned bits, F a, F b) noexcept {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane);
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
  }
  static F max(F a, F b) noexcept { return _mm256_max_ps(a, b); }
  static F product_unless_less(F t, F limit, F a, F b) noexcept {
    return _mm256_and_ps(_mm256_cmp_ps(t, limit, _CMP_NLT_UQ), a * b);
  }
  static float tree_sum(F x) noexcept {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float largest(F x) noexcept {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }
  static D broadcast_double(float x) noexcept { return _mm256_cvtps_pd(_mm_set1_ps(x)); }
  static D load_double(const float* p) noexcept { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
  static void store(float* p, D x) noexcept { _mm_storeu_ps(p, _mm256_cvtpd_ps(x)); }
  static void keep(F& x) noexcept { asm volatile("" : "+x"(x.data)); }
  static void transpose(F (&r)[8]) noexcept { xsimd::transpose(r, r + 8); }
};

}  // namespace
}  // namespace saccade::kernels
