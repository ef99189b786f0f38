#pragma once

// No vector unit assumed: sixteen lanes one after the other. The fused multiply-add is the C library's, which
// is exact.

#include <cstdint>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

struct Scalar {};

template <>
struct Lanes<Scalar> {
  static constexpr int count = 16;
  static constexpr int registers = 4;

  struct F {
    float lane[count];

    friend F operator+(const F& a, const F& b) noexcept {
      return each([&](int i) { return a.lane[i] + b.lane[i]; });
    }
    friend F operator-(const F& a, const F& b) noexcept {
      return each([&](int i) { return a.lane[i] - b.lane[i]; });
    }
    friend F operator*(const F& a, const F& b) noexcept {
      return each([&](int i) { return a.lane[i] * b.lane[i]; });
    }
  };

  template <class Lane>
  static F each(const Lane& lane) noexcept {
    F out;
    for (int i = 0; i < count; ++i) out.lane[i] = lane(i);
    return out;
  }

  static F broadcast(float x) noexcept {
    return each([&](int) { return x; });
  }
  static F load(const float* p) noexcept { return load(p, count); }
  static F load(const float* p, int n) noexcept {
    return each([&](int i) { return i < n ? p[i] : 0.0f; });
  }
  static void store(float* p, const F& x) noexcept { store(p, x, count); }
  static void store(float* p, const F& x, int n) noexcept {
    for (int i = 0; i < n; ++i) p[i] = x.lane[i];
  }
  static F fma(const F& a, const F& b, const F& c) noexcept {
    return each([&](int i) { return __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]); });
  }
  static F max(const F& a, const F& b) noexcept {
    return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static F exponent_field(const F& t) noexcept {
    return each(
        [&](int i) { return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, t.lane[i]) << 23); });
  }
  static F product_unless_less(const F& t, const F& limit, const F& a, const F& b) noexcept {
    return each([&](int i) { return t.lane[i] < limit.lane[i] ? 0.0f : a.lane[i] * b.lane[i]; });
  }
  static float tree_sum(F x) noexcept {
    for (int half = count / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) x.lane[i] = x.lane[i] + x.lane[i + half];
    }
    return x.lane[0];
  }
  static float largest(const F& x) noexcept {
    float m = x.lane[0];
    for (const float lane : x.lane) m = lane > m ? lane : m;
    return m;
  }
  static void keep(F& x) noexcept { asm volatile("" : "+m"(x)); }
  static void transpose(F (&r)[count]) noexcept {
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < i; ++j) {
        const float upper = r[j].lane[i];
        r[j].lane[i] = r[i].lane[j];
        r[i].lane[j] = upper;
      }
    }
  }
};

}  // namespace
}  // namespace saccade::kernels
