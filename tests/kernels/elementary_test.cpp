// tanh and log2, of which a kernel's result is one step.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/each_table.hpp"
#include "kernels/math/log2.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Calls test(x) for floats from `first` to `last` > first > 0, `step` neighbours apart.
template <class Test>
void for_floats(float first, float last, std::uint32_t step, const Test& test) {
  for (auto bits = std::bit_cast<std::uint32_t>(first); bits <= std::bit_cast<std::uint32_t>(last);
       bits += step)
    test(std::bit_cast<float>(bits));
}

/// Units in the last place of `exact`, as a float.
double units_off(float got, double exact) {
  const double unit = std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
  return std::abs(static_cast<double>(got) - exact) / unit;
}

TEST_CASE("tanh is within two units in the last place, odd, and never beyond 1") {
  double worst = 0;
  for_floats(0x1p-40f, 20.0f, 4999, [&](float x) {
    const float got = contract::tanh(x);
    worst = std::max(worst, units_off(got, std::tanh(static_cast<double>(x))));
    if (got > 1.0f || !same_bits(contract::tanh(-x), -got)) FAIL_CHECK(x);
  });
  CHECK(worst < 1.95);
  CHECK(worst > 1.0);
}

TEST_CASE("tanh never falls") {
  float before = 0.0f;
  for_floats(0x1p-126f, 20.0f, 9973, [&](float x) {
    const float got = contract::tanh(x);
    if (got < before) FAIL_CHECK(x);
    before = got;
  });
  for (const float from : {0x1p-12f, 0.17f, 0.34f, 0.52f, 0.86f, 1.7f, 8.9f}) {  // every float of some
    before = 0.0f;
    for_floats(from, std::bit_cast<float>(std::bit_cast<std::uint32_t>(from) + 20000), 1, [&](float x) {
      const float got = contract::tanh(x);
      if (got < before) FAIL_CHECK(x);
      before = got;
    });
  }
}

TEST_CASE("tanh of what is special") {
  CHECK(contract::tanh(infinity) == 1.0f);
  CHECK(contract::tanh(-infinity) == -1.0f);
  CHECK(std::isnan(contract::tanh(nan)));
  for (const float x : {0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, -0x1.8p-100f})
    CHECK(same_bits(contract::tanh(x), x));
}

/// What attention makes of the scores of a query of 1 and keys of one dimension, at a point of their way.
std::vector<float> scores_at(const kernels::KernelTable& t, std::vector<float> keys, ScorePoint point,
                             float softcap = 0.0f) {
  const auto count = static_cast<std::int64_t>(keys.size());
  keys.resize(static_cast<std::size_t>(kernels::round_up(count, kernels::panel_width)), 0.0f);
  std::vector<float> values(keys.size(), 0.0f), got(keys.size());
  const kernels::AttentionScratch size = {
      .head_dim = 1, .value_dim = 1, .blocks = kernels::key_blocks(count, 0)};
  std::vector<float> scratch(static_cast<std::size_t>(size.values()) + 16);
  const float one = 1.0f;
  float out = 0.0f;
  float* const rows[] = {got.data()};
  const std::uintptr_t misplaced = reinterpret_cast<std::uintptr_t>(scratch.data()) / sizeof(float) % 16;
  t.attention_block({.q = {&one, 1},
                     .rows = 1,
                     .source = {.keys = keys.data(), .values = values.data(), .value_stride = 1},
                     .finite = nullptr,
                     .keys = count,
                     .head_dim = 1,
                     .value_dim = 1,
                     .rules = {.scale = 1.0f, .left = unlimited, .right = unlimited, .softcap = softcap},
                     .first_position = 0,
                     .out = {&out, 1},
                     .scratch = scratch.data() + (16 - misplaced) % 16,
                     .score_rows = rows,
                     .point = point});
  got.resize(static_cast<std::size_t>(count));
  return got;
}

/// With a softcap of 1: their tanh.
std::vector<float> capped(const kernels::KernelTable& t, const std::vector<float>& keys) {
  return scores_at(t, keys, ScorePoint::capped, 1.0f);
}

/// Beside a score of 0, whose power is 1, small powers come out as they are: their sum rounds to 1.
std::vector<float> powers_of(const kernels::KernelTable& t, std::vector<float> scores) {
  scores.insert(scores.begin(), 0.0f);
  std::vector<float> powers = scores_at(t, scores, ScorePoint::probabilities);
  CHECK(powers[0] == 1.0f);
  powers.erase(powers.begin());
  return powers;
}

TEST_CASE("exp2 is within 2e-7 of the power, and +0 far below") {
  constexpr double log2_e = 1.44269504088896340736f;
  for_each_table([](const kernels::KernelTable& t) {
    double largest = 0;
    Random random(3);
    for (int i = 0; i < 1000; ++i) {
      std::vector<float> scores(100);
      for (float& score : scores) score = -52.0f - 34.0f * random.uniform();
      const std::vector<float> powers = powers_of(t, scores);
      for (std::size_t s = 0; s < scores.size(); ++s) {
        const double expected = std::exp2(static_cast<double>(scores[s]) * log2_e);
        largest = std::max(largest, std::abs(static_cast<double>(powers[s]) / expected - 1));
      }
    }
    CHECK(largest < 2e-7);  // 9.6e-8 of the polynomial and its roundings
    for (const float p : powers_of(t, {-87.5f, -100.0f, -1e4f, -1e9f, -1e30f})) {
      CHECK(p == 0.0f);
      CHECK(!std::signbit(p));
    }
  });
}

TEST_CASE("same bits: tanh") {
  std::vector<float> x = {0.0f, infinity, -infinity, nan, 9.125f, -9.125f, 0x1p-149f, 3e38f};
  for_floats(0x1p-126f, 30.0f, 4999, [&](float one) { x.push_back(x.size() % 2 == 0 ? one : -one); });
  std::vector<float> expected;
  for (const float one : x) expected.push_back(contract::tanh(one));
  for_each_table([&](const kernels::KernelTable& t) { CHECK(difference(capped(t, x), expected) == ""); });
}

TEST_CASE("log2 is within 2.25 * 2^-24, relative to what comes out or to 1/2") {
  double worst = 0;
  const auto check = [&](float x) {
    const double exact = std::log2(static_cast<double>(x));
    const double error = std::abs(static_cast<double>(kernels::log2(x)) - exact);
    worst = std::max(worst, error / std::max(std::abs(exact), 0.5) * 0x1p24);
    if (!same_bits(kernels::log2(x), contract::log2(x))) FAIL_CHECK(x);
  };
  for_floats(0x1p-126f, 0x1.fffffep127f, 1999, check);
  for_floats(0.5f, 2.0f, 13, check);
  CHECK(worst < 2.25);
}

TEST_CASE("log2 never falls, and is exact for powers of two") {
  float before = -infinity;
  for_floats(0x1p-126f, 0x1.fffffep127f, 997, [&](float x) {
    if (kernels::log2(x) < before) FAIL_CHECK(x);
    before = kernels::log2(x);
  });
  for (int n = -126; n < 128; ++n) CHECK(kernels::log2(std::ldexp(1.0f, n)) == static_cast<float>(n));
}

TEST_CASE("log2 of what is special") {
  CHECK(kernels::log2(0.0f) == -infinity);
  CHECK(kernels::log2(infinity) == infinity);
  CHECK(std::isnan(kernels::log2(nan)));
}

}  // namespace
}  // namespace saccade::test
