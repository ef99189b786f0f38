#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "saccade/storage_type.hpp"

namespace saccade::test {

/// The value of f16 bits.
inline float of_f16(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31)
    return mantissa != 0 ? std::numeric_limits<float>::quiet_NaN() : sign * static_cast<float>(HUGE_VAL);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
}

/// The f16 nearest to x, ties to even.
inline std::uint16_t f16_of(float x) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(x) ? 0x8000 : 0);
  if (std::isnan(x)) return 0x7e00;
  const double size = std::abs(static_cast<double>(x));
  if (size >= 65520) return static_cast<std::uint16_t>(sign | 0x7c00);
  if (size < 0x1p-14)
    return static_cast<std::uint16_t>(sign | static_cast<int>(std::nearbyint(size * 0x1p24)));
  const int exponent = std::ilogb(size);
  const int units = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));  // 1024 to 2048
  return static_cast<std::uint16_t>(sign | ((exponent + 14) * 1024 + units));
}

inline float of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// The bf16 nearest to x, ties to even.
inline std::uint16_t bf16_of(float x) {
  if (std::isnan(x)) return 0x7fc0;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/// x as it comes back from storage.
inline float stored(float x, StorageType type) {
  if (type == StorageType::f16) return of_f16(f16_of(x));
  if (type == StorageType::bf16) return of_bf16(bf16_of(x));
  return x;
}

}  // namespace saccade::test
