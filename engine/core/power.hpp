#pragma once

#include <cstdint>

namespace saccade::core {

/// x to the power n >= 0 by n multiplications, which have the same bits everywhere; those of std::pow may
/// differ.
inline double power(double x, std::int64_t n) noexcept {
  double result = 1.0;
  for (; n > 0; --n) result *= x;
  return result;
}

}  // namespace saccade::core
