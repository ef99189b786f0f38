#pragma once

// Lanes without a vector unit: sixteen lanes one after the other. The fused multiply-add is the C library's,
// which rounds once.

#include <cstdint>

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

struct Scalar {};

/// Rounds to nearest, ties to even; NaN stays NaN.
inline Float16 float16_of(float x) noexcept {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  const auto make = [sign](std::uint32_t half) { return Float16{static_cast<std::uint16_t>(sign | half)}; };
  if (x != x) return make(0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= 0x477ff000u) return make(0x7c00u);  // 65520 and more: infinity
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 1/2 leaves units of 2^-24 in the low bits
    const float units = __builtin_bit_cast(float, magnitude) + 0.5f;
    return make(__builtin_bit_cast(std::uint32_t, units) - 0x3f000000u);
  }
  return make((magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1u)) >> 13);
}

template <>
struct Lanes<Scalar> : StoredLanes<Lanes<Scalar>, 16> {
  using StoredLanes::load;
  using StoredLanes::store;

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
  static F load(const Float16* p) noexcept {
    return each([&](int i) { return core::float_from_f16(p[i].bits); });
  }
  static void store(Float16* p, const F& x) noexcept {
    for (int i = 0; i < count; ++i) p[i] = float16_of(x.lane[i]);
  }
  static unsigned equal_bits(const F& a, const F& b) noexcept {
    unsigned bits = 0;
    for (int i = 0; i < count; ++i) bits |= (a.lane[i] == b.lane[i] ? 1u : 0u) << i;
    return bits;
  }
  static F select(unsigned bits, const F& a, const F& b) noexcept {
    return each([&](int i) { return bits >> i & 1u ? a.lane[i] : b.lane[i]; });
  }
  static F fma(const F& a, const F& b, const F& c) noexcept {
    return each([&](int i) { return __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]); });
  }
  static F max(const F& a, const F& b) noexcept {
    return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static F divide(const F& a, const F& b) noexcept {
    return each([&](int i) { return a.lane[i] / b.lane[i]; });
  }
  static F sqrt(const F& x) noexcept {
    return each([&](int i) { return __builtin_sqrtf(x.lane[i]); });
  }
  static F copy_sign(const F& a, const F& b) noexcept {
    return each([&](int i) { return __builtin_copysignf(a.lane[i], b.lane[i]); });
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

  struct D {
    double lane[count / 2];

    friend D operator+(const D& a, const D& b) noexcept {
      return each_double([&](int i) { return a.lane[i] + b.lane[i]; });
    }
  };
  template <class Lane>
  static D each_double(const Lane& lane) noexcept {
    D out;
    for (int i = 0; i < count / 2; ++i) out.lane[i] = lane(i);
    return out;
  }
  static D broadcast_double(float x) noexcept {
    return each_double([&](int) { return static_cast<double>(x); });
  }
  static D load_double(const float* p) noexcept {
    return each_double([&](int i) { return static_cast<double>(p[i]); });
  }
  static void store(float* p, const D& x) noexcept {
    for (int i = 0; i < count / 2; ++i) p[i] = static_cast<float>(x.lane[i]);
  }
  static D fma(const D& a, const D& b, const D& c) noexcept {
    return each_double([&](int i) { return __builtin_fma(a.lane[i], b.lane[i], c.lane[i]); });
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
