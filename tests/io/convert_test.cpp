#include <doctest/doctest.h>
#include <cfenv>
#include <span>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "io/file_bytes.hpp"
#include "io/formats/convert.hpp"

namespace saccade {
namespace {

using io::convert_to_float;

/// The value that IEEE 754 gives a format's fields, (-1)^sign 2^(e - bias) (m / 2^bits), by arithmetic
/// instead of bits.
double by_formula(std::uint32_t pattern, int exponent_bits, int mantissa_bits) {
  const auto mantissa = static_cast<int>(pattern & ((1u << mantissa_bits) - 1));
  const auto exponent = static_cast<int>((pattern >> mantissa_bits) & ((1u << exponent_bits) - 1));
  const double sign = (pattern >> (exponent_bits + mantissa_bits)) != 0 ? -1 : 1;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  const int hidden = exponent == 0 ? 0 : 1 << mantissa_bits;
  return sign * std::ldexp(hidden + mantissa, std::max(exponent, 1) - bias - mantissa_bits);
}

bool same(float value, double expected, std::uint32_t pattern) {
  if (std::isnan(expected)) return std::isnan(value) && std::signbit(value) == ((pattern >> 15) != 0);
  return static_cast<double>(value) == expected && std::signbit(value) == std::signbit(expected);
}

std::vector<std::uint16_t> all_patterns() {
  std::vector<std::uint16_t> patterns(65536);
  for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<std::uint16_t>(i);
  return patterns;
}

void check_all(StorageType type, int exponent_bits, int mantissa_bits) {
  std::vector<float> values(65536);
  const std::string bytes = test::bytes_of(all_patterns());
  convert_to_float(type, std::as_bytes(std::span(bytes)), values);
  for (std::uint32_t pattern = 0; pattern < values.size(); ++pattern) {
    const double expected = by_formula(pattern, exponent_bits, mantissa_bits);
    if (!same(values[pattern], expected, pattern)) FAIL_CHECK("pattern ", pattern, " gave ", values[pattern]);
  }
}

TEST_CASE("doubles are rounded to nearest whatever the host has set") {
  const double value = 1.0 + 0x1p-25;
  const auto bytes = std::as_bytes(std::span(&value, 1));
  float out = 0.0f;
  std::fesetround(FE_UPWARD);
  convert_to_float(StorageType::f64, bytes, {&out, 1});
  std::fesetround(FE_TONEAREST);
  CHECK(out == 1.0f);
}

TEST_CASE("each f16 becomes the fp32 of the same value") {
  check_all(StorageType::f16, 5, 10);
}

TEST_CASE("each bf16 becomes the fp32 of the same value") {
  check_all(StorageType::bf16, 8, 7);
}

TEST_CASE("f64 is rounded to the nearest fp32") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> stored = {1 + 0x1p-24,    1 + 3 * 0x1p-24, -0.1,        1e300,
                                      -1e300,         0x1p-149,        0x1p-151,    -0.0,
                                      0x1.ffffffp127, infinity,        std::nan("")};
  std::vector<float> values(stored.size());
  const std::string bytes = test::bytes_of(stored);
  convert_to_float(StorageType::f64, std::as_bytes(std::span(bytes)), values);
  const float top = std::numeric_limits<float>::infinity();
  const std::vector<float> expected = {1, 1 + 0x1p-22F, -0.1F, top, -top, 0x1p-149F, 0, -0.0F, top, top};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(values[i] == expected[i]);
    CHECK(std::signbit(values[i]) == std::signbit(expected[i]));
  }
  CHECK(std::isnan(values.back()));
}

TEST_CASE("bytes may lie at any alignment") {
  const std::string bytes = "?" + test::bytes_of(std::vector<double>{1.5, -2});
  std::vector<float> values(2);
  convert_to_float(StorageType::f64, std::as_bytes(std::span(bytes)).subspan(1), values);
  CHECK(values == std::vector<float>{1.5F, -2});
}

}  // namespace
}  // namespace saccade
