#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "reference/hash.hpp"

namespace saccade::test {

/// "" where both hold the same bits, else where they differ first and how often.
inline std::string difference(std::span<const float> got, std::span<const float> expected) {
  if (got.size() != expected.size())
    return std::to_string(got.size()) + " values; expected " + std::to_string(expected.size());
  std::size_t count = 0, first = 0;
  for (std::size_t i = got.size(); i-- > 0;) {
    if (same_bits(got[i], expected[i])) continue;
    first = i;
    ++count;
  }
  if (count == 0) return "";
  return std::to_string(count) + " of " + std::to_string(got.size()) + " differ; [" + std::to_string(first) +
         "] is " + std::to_string(got[first]) + "; expected " + std::to_string(expected[first]);
}

/// "" where each value is within its tolerance, else the first that is not.
inline std::string outside(std::span<const float> got, std::span<const double> expected,
                           std::span<const double> tolerance) {
  if (got.size() != expected.size())
    return std::to_string(got.size()) + " values; expected " + std::to_string(expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - expected[i]);
    if (error <= tolerance[i] || static_cast<double>(got[i]) == expected[i]) continue;
    return "[" + std::to_string(i) + "] is " + std::to_string(got[i]) + "; expected " +
           std::to_string(expected[i]) + " within " + std::to_string(tolerance[i]);
  }
  return "";
}

/// Largest error relative to the largest expected value; infinite where sizes differ or a NaN came out.
template <class Expected>
double relative_error(std::span<const float> got, std::span<const Expected> expected) {
  if (got.size() != expected.size()) return HUGE_VAL;
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double e = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
    if (std::isnan(e)) return HUGE_VAL;
    error = std::max(error, e);
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return largest == 0 ? error : error / largest;
}

}  // namespace saccade::test
