#pragma once

#include <cstdint>

namespace saccade {

/// How the vectors of a sequence's tokens t = 0, ..., n - 1 become one.
enum class Pooling : std::uint8_t {
  first,          ///< x[0], that of [CLS]
  last,           ///< x[n - 1]
  mean,           ///< sum x[t] / n
  mean_sqrt,      ///< sum x[t] / sqrt(n)
  weighted_mean,  ///< sum (t + 1) x[t] / sum (t + 1)
  max
};

}  // namespace saccade
