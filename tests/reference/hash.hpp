#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace saccade::test {

/// FNV-1a of 64 bits (Fowler, Noll and Vo) over the values' bytes, lowest first. Every NaN counts as the
/// same.
inline std::uint64_t hash_of(std::span<const float> values,
                             std::uint64_t hash = 0xcbf29ce484222325u) noexcept {
  for (const float value : values) {
    const std::uint32_t bits = std::isnan(value) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(value);
    for (int byte = 0; byte < 4; ++byte) hash = (hash ^ (bits >> (8 * byte) & 0xffu)) * 0x100000001b3u;
  }
  return hash;
}

/// Whether two results are the same: every bit, but any NaN for any NaN.
inline bool same_bits(float a, float b) noexcept {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

}  // namespace saccade::test
