#pragma once

#include <cstdint>

namespace saccade {

/// The formula by which the vectors x[0], ..., x[n - 1] of a sequence's n tokens become one vector.
enum class Pooling : std::uint8_t {
  first,          ///< x[0], the vector of [CLS] where there is one
  last,           ///< x[n - 1]
  mean,           ///< sum x[t] / n
  mean_sqrt,      ///< sum x[t] / sqrt(n)
  weighted_mean,  ///< sum (t + 1) x[t] / sum (t + 1)
  max             ///< the largest x[t] of each component; NaN where one is NaN
};

}  // namespace saccade
