#pragma once

#include <bit>
#include <cstdint>

namespace saccade::core {

// Inlined everywhere: objects of kernels for different instruction sets must not share a copy.

/// Exact, for every one of the 65536 values; a NaN stays a NaN of the same sign. No subnormal float takes
/// part, so the host's flush-to-zero modes do not matter.
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

/// Exact: bf16 is the upper half of fp32.
[[nodiscard, gnu::always_inline]] constexpr float float_from_bf16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace saccade::core
