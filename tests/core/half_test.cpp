#include "core/half.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "reference/half.hpp"

namespace saccade {
namespace {

void check_rounding(float value) {
  INFO(value);
  const std::uint16_t half = core::f16_from_float(value);
  if (std::isnan(value)) {
    CHECK(std::isnan(core::float_from_f16(half)));
  } else {
    CHECK(half == test::f16_of(value));
  }
}

TEST_CASE("every f16 comes back, and so do the floats around it and around what lies between two") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float exact = core::float_from_f16(static_cast<std::uint16_t>(bits));
    if (std::isnan(exact)) continue;
    REQUIRE(core::f16_from_float(exact) == bits);
    const float next = core::float_from_f16(static_cast<std::uint16_t>(bits + 1));
    const float tie = std::isfinite(next) && std::isfinite(exact) ? (exact + next) / 2 : exact;
    for (const float value : {exact, tie}) {
      REQUIRE(core::f16_from_float(value) == test::f16_of(value));
      REQUIRE(core::f16_from_float(std::nextafter(value, INFINITY)) ==
              test::f16_of(std::nextafter(value, INFINITY)));
      REQUIRE(core::f16_from_float(std::nextafter(value, -INFINITY)) ==
              test::f16_of(std::nextafter(value, -INFINITY)));
    }
  }
}

TEST_CASE("what f16 cannot hold: NaN, infinity, too much, too little") {
  for (const float value :
       {std::nanf(""), -std::nanf(""), INFINITY, -INFINITY, 65519.99f, 65520.0f, -65520.0f, 1e30f, 0x1p-25f,
        0x1.000002p-25f, 0x1p-26f, 0x1p-149f, -0x1p-149f, 0.0f, -0.0f})
    check_rounding(value);
}

}  // namespace
}  // namespace saccade
