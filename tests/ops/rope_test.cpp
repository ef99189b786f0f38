#include "ops/rope.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "fixtures/expect_error.hpp"
#include "ops/each_engine.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/hash.hpp"
#include "reference/host_floating_point.hpp"
#include "reference/random.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

using ops::RotaryTable;

std::span<const float> values_of(const RotaryTable& table) {
  return {table.values.data(), table.values.size()};
}

TEST_CASE("rotary tables are fp32's nearest to the cosines and sines") {
  Engine engine;
  for (const double theta : {1.0, 10000.0, 160000.0, 500000.0}) {
    for (const std::int64_t dims : {2, 64, 80, 256}) {
      CAPTURE(theta);
      CAPTURE(dims);
      const RotaryTable table = ops::make_rotary_table(scheduler::context_of(engine), theta, dims, 8192);
      double worst = 0;  // beyond half a unit in the last place
      for (std::int64_t position = 0; position < 8192; position += 1 + position / 7) {
        for (std::int64_t i = 0; i < dims / 2; ++i) {
          const long double angle =
              static_cast<long double>(position) *
              std::pow(static_cast<long double>(theta),
                       -2.0L * static_cast<long double>(i) / static_cast<long double>(dims));
          const auto beyond = [&](float got, long double exact) {
            const int exponent = std::max(std::ilogb(static_cast<double>(exact)), -126);
            const double error = std::abs(static_cast<double>(got - exact));
            worst = std::max(worst, error - std::ldexp(0.5, exponent - 23));
          };
          const float* const row = table.values.data() + position * dims;
          beyond(row[i], std::cos(angle));
          beyond(row[dims / 2 + i], std::sin(angle));
        }
      }
      CHECK(worst < 1e-15 * 8192);
    }
  }
}

TEST_CASE("rotary tables reach a million positions") {
  Engine engine;
  constexpr std::int64_t positions = std::int64_t{1} << 20;
  const RotaryTable table = ops::make_rotary_table(scheduler::context_of(engine), 100.0, 2, positions);
  for (std::int64_t position = positions - 2000; position < positions; ++position) {
    const auto angle = static_cast<double>(position);
    CHECK(table.values.data()[2 * position] == static_cast<float>(std::cos(angle)));
    CHECK(table.values.data()[2 * position + 1] == static_cast<float>(std::sin(angle)));
  }
}

TEST_CASE("same bits: rotary tables") {
  for_each_engine([&](Engine& engine) {
    const RotaryTable table = ops::make_rotary_table(scheduler::context_of(engine), 160000.0, 64, 3000);
    const std::uint64_t hash = hash_of(values_of(table));
    CHECK(hash == 0xa5137d0461fb9483);
  });
}

TEST_CASE("same bits: rotary tables whatever the host's floating-point environment is") {
  for (const int threads : {1, 2}) {
    for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      std::uint64_t hash = 0;
      {
        const HostFloatingPoint host(rounding);
        Engine engine({.threads = threads});
        hash = hash_of(values_of(ops::make_rotary_table(scheduler::context_of(engine), 160000.0, 64, 3000)));
      }
      CHECK(hash == 0xa5137d0461fb9483);
    }
  }
}

TEST_CASE("same bits: rope turns each token by its position in its sequence") {
  constexpr std::int64_t heads = 3, head_dim = 24, dims = 20, row = 2 * heads * head_dim + 5;
  const std::vector<std::int64_t> offsets = {0, 1, 1, 70, 200, 203};
  const std::vector<float> values = Random(6).values(203 * row);
  Engine first;
  const RotaryTable table = ops::make_rotary_table(scheduler::context_of(first), 10000.0, dims, 130);
  std::vector<float> expected = values;  // the second half of each row is rotated
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    for (std::int64_t t = offsets[s - 1]; t < offsets[s]; ++t) {
      const float* const angles = table.values.data() + (t - offsets[s - 1]) * dims;
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto at = expected.begin() + t * row + (heads + h) * head_dim;
        const std::vector<float> turned = contract::rotate({at, at + dims}, {angles, angles + dims / 2},
                                                           {angles + dims / 2, angles + dims});
        std::copy(turned.begin(), turned.end(), at);
      }
    }
  }
  const std::uint64_t hash = hash_of(expected);
  CHECK(hash == 0xbc41360867afe867);
  for_each_engine([&](Engine& engine) {
    std::vector<float> x = values;
    ops::rope(scheduler::context_of(engine),
              {x.data() + heads * head_dim, 203, heads, head_dim, row, head_dim}, table, offsets);
    CHECK(difference(x, expected) == "");
  });
}

TEST_CASE("rope keeps products of queries and keys the same distance apart") {
  Engine engine;
  constexpr std::int64_t dims = 32, tokens = 40;
  const RotaryTable table = ops::make_rotary_table(scheduler::context_of(engine), 10000.0, dims, tokens);
  const std::vector<float> q = Random(7).values(dims), k = Random(8).values(dims);
  std::vector<float> queries, keys;
  for (std::int64_t t = 0; t < tokens; ++t) {
    queries.insert(queries.end(), q.begin(), q.end());
    keys.insert(keys.end(), k.begin(), k.end());
  }
  const std::vector<std::int64_t> offsets = {0, tokens};
  for (std::vector<float>* x : {&queries, &keys})
    ops::rope(scheduler::context_of(engine), {x->data(), tokens, 1, dims, dims, dims}, table, offsets);
  const auto product = [&](std::int64_t query, std::int64_t key) {
    double sum = 0;
    for (std::int64_t d = 0; d < dims; ++d)
      sum += static_cast<double>(queries[static_cast<std::size_t>(query * dims + d)]) *
             static_cast<double>(keys[static_cast<std::size_t>(key * dims + d)]);
    return sum;
  };
  for (std::int64_t t = 5; t < tokens; ++t)
    CHECK(std::abs(product(t, t - 5) - product(5, 0)) < static_cast<double>(dims) * 8 * 0x1p-24);
}

TEST_CASE("rotary tables of impossible sizes are refused") {
  Engine engine;
  const auto expect_table = [&](std::initializer_list<std::string> parts, double theta, std::int64_t dims,
                                std::int64_t positions) {
    expect_error(ErrorCode::invalid_argument, parts, [&] {
      static_cast<void>(ops::make_rotary_table(scheduler::context_of(engine), theta, dims, positions));
    });
  };
  expect_table({"theta is 0.5"}, 0.5, 2, 1);
  expect_table({"theta is nan"}, std::numeric_limits<double>::quiet_NaN(), 2, 1);
  expect_table({"theta is inf"}, std::numeric_limits<double>::infinity(), 2, 1);
  expect_table({"dims is 7", "even"}, 10.0, 7, 1);
  expect_table({"dims is 0"}, 10.0, 0, 1);
  expect_table({"positions is -1"}, 10.0, 2, -1);
  expect_table({"positions is 1048577", "1048576"}, 10.0, 2, (1 << 20) + 1);
}

}  // namespace
}  // namespace saccade::test
