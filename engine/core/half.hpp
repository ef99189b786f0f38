#pragma once

#include <bit>
#include <cstdint>

namespace saccade::core {

// Always inlined: the kernel objects of two instruction sets must not share a symbol.

/// f16 to fp32, exact for all 65536 values; a NaN stays a NaN of the same sign. No operand is a subnormal
/// fp32, so the host's flush-to-zero modes do not matter.
[[nodiscard, gnu::always_inline]] constexpr float float_from_f16(std::uint16_t half) noexcept {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t mantissa = half & 0x3ffu;
  const std::uint32_t normal = ((exponent + 112) << 23) | (mantissa << 13);  // 112 = 127 - 15, the two biases
  const std::uint32_t special = 0x7f800000u | (mantissa << 13);
  const auto tiny = std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24f);
  const std::uint32_t magnitude = exponent == 0 ? tiny : exponent == 31 ? special : normal;
  return std::bit_cast<float>(sign | magnitude);
}

/// fp32 to f16, to nearest, ties to even; values beyond the range become infinity. A NaN stays a NaN of the
/// same sign.
[[nodiscard, gnu::always_inline]] constexpr std::uint16_t f16_from_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000u) {
    half = 0x7e00u;
  } else if (magnitude >= 0x477ff000u) {  // 65520: halfway between the largest f16 and the next power of two
    half = 0x7c00u;
  } else if (magnitude < 0x38800000u) {  // below 2^-14: subnormal, in units of 2^-24
    const std::uint32_t shift = 126 - (magnitude >> 23);
    const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    if (shift <= 24) half = (mantissa + (1u << (shift - 1)) - 1 + ((mantissa >> shift) & 1u)) >> shift;
  } else {
    half = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

/// bf16 to fp32, exact: bf16 is the upper half of fp32.
[[nodiscard, gnu::always_inline]] constexpr float float_from_bf16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace saccade::core
