#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "core/checked.hpp"

namespace saccade::core {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

TEST_CASE("checked_add gives the sum where the type holds it") {
  CHECK(checked_add<std::int64_t>(2, 3) == 5);
  CHECK(checked_add<std::int64_t>(largest, -1) == largest - 1);
  CHECK(checked_add<std::int64_t>(largest, smallest) == -1);
  CHECK_FALSE(checked_add<std::int64_t>(largest, 1));
  CHECK_FALSE(checked_add<std::int64_t>(smallest, -1));
  CHECK_FALSE(checked_add<std::uint32_t>(0xffffffffu, 1u));
}

TEST_CASE("checked_multiply gives the product where the type holds it") {
  CHECK(checked_multiply<std::int64_t>(-7, 6) == -42);
  CHECK(checked_multiply<std::int64_t>(largest, 1) == largest);
  CHECK(checked_multiply<std::int64_t>(largest, 0) == 0);
  CHECK_FALSE(checked_multiply<std::int64_t>(largest / 2 + 1, 2));
  CHECK_FALSE(checked_multiply<std::int64_t>(smallest, -1));
  CHECK_FALSE(checked_multiply<std::uint64_t>(std::uint64_t{1} << 32, std::uint64_t{1} << 32));
}

}  // namespace
}  // namespace saccade::core
