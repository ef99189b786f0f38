#pragma once

// AVX2 with FMA and F16C. fma3<avx2> and not avx2: only there is xsimd's fma fused.

#include <immintrin.h>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

using Avx2 = xsimd::fma3<xsimd::avx2>;

template <>
struct Lanes<Avx2> : XsimdLanes<Avx2> {
  static constexpr int registers = 16;
  using XsimdLanes::load;
  using XsimdLanes::store;

  static __m256i first(int n) noexcept {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static F load(const float* p, int n) noexcept { return _mm256_maskload_ps(p, first(n)); }
  static void store(float* p, F x, int n) noexcept { _mm256_maskstore_ps(p, first(n), x); }
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
  static void keep(F& x) noexcept { asm volatile("" : "+x"(x.data)); }
  static void transpose(F (&r)[8]) noexcept { xsimd::transpose(r, r + 8); }
};

}  // namespace
}  // namespace saccade::kernels
