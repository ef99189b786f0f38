#pragma once

#include <cstdint>

namespace saccade::core {

/// x to the power n >= 0 by n multiplications: the same bits everywhere, which std::pow does not promise.
inline double power(double x, std::int64_t n) noexcept {
  double result = 1.0;
  for (; n > 0; --n) result *= x;
  return result;
}

}  // namespace saccade::core
