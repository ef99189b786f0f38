// Additive biases of any finite size, such as the least float with which masks are made.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "ops/problem.hpp"

namespace saccade::test {
namespace {

constexpr float least = std::numeric_limits<float>::lowest();
constexpr std::int64_t keys = 1300;  // three blocks

/// One query over keys with these biases.
Problem problem_of(std::vector<float> bias, Accumulation accumulation) {
  Problem p = {.queries = {1}, .keys = {keys}, .head_dim = 4, .value_dim = 3};
  p.fill(8);
  p.bias = std::move(bias);
  p.accumulation = accumulation;
  return p;
}

/// A query's output, log-sum-exp, probabilities, and two most attended keys.
struct RowResults {
  std::vector<float> out;
  float log_sum_exp;
  std::vector<float> probabilities = std::vector<float>(keys);
  std::vector<std::int32_t> top_keys = {0, 0};
  std::vector<float> top_probabilities = {0.0f, 0.0f};
};

RowResults results_of(Engine& engine, const Problem& p) {
  RowResults row;
  ProblemMemory memory(p);
  const ProbabilitiesRequest request = {.out = row.probabilities};
  memory.options().probabilities = {&request, 1};
  memory.options().top_keys = {2, row.top_keys.data(), row.top_probabilities.data(), 2, 2};
  const Results<float> results = memory.run(engine);
  row.out = results.out;
  row.log_sum_exp = results.log_sum_exp[0];
  return row;
}

/// Checks the contract's bits, and calls test(results) for every ISA and precision of sums.
template <class Test>
void for_each_result(const std::vector<float>& bias, const Test& test) {
  for (const Accumulation accumulation : {Accumulation::fp32, Accumulation::fp64}) {
    const Problem p = problem_of(bias, accumulation);
    check_bits(p);
    for_each_isa(
        2, [&](Engine& engine) { test(p, results_of(engine, p)); }, accumulation);
  }
}

void check_mean_of_values(const Problem& p, const RowResults& row) {
  double mean = 0.0;
  for (std::size_t j = 0; j < p.v.size(); j += 3) mean += double{p.v[j]} / keys;
  CHECK(std::abs(row.out[0] - mean) < 1e-6);
  for (const float probability : row.probabilities) CHECK(probability == row.probabilities[0]);
  CHECK(row.probabilities[0] == doctest::Approx(1.0 / keys).epsilon(1e-6));
  CHECK(row.top_keys == std::vector<std::int32_t>{0, 1});
  CHECK(row.top_probabilities[1] == row.probabilities[1]);
}

TEST_CASE("a row whose keys all have one bias, however large, has the mean of its values") {
  for (const float bias : {-1.7e38f, -2.357e38f, -2.359e38f, -3e38f, least, 2.359e38f, -least}) {
    CAPTURE(bias);
    for_each_result(std::vector<float>(keys, bias), [&](const Problem& p, const RowResults& row) {
      check_mean_of_values(p, row);
      CHECK(row.log_sum_exp == doctest::Approx(bias).epsilon(1e-6));
    });
  }
}

TEST_CASE("the largest of extreme biases has all the weight, in whatever block") {
  const std::pair<float, float> others_and_one[] = {{least, -3e38f}, {least, -2e38f},        {least, -1e3f},
                                                    {0.0f, 3e38f},   {-0x1p127f, -0x1p126f}, {least, -least}};
  for (const auto& [others, one] : others_and_one) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{600}, std::size_t{1299}}) {
      CAPTURE(one);
      std::vector<float> bias(keys, others);
      bias[at] = one;
      for_each_result(bias, [&](const Problem& p, const RowResults& row) {
        CHECK(row.out[0] == doctest::Approx(p.v[at * 3]).epsilon(1e-6));
        CHECK(row.probabilities[at] == doctest::Approx(1.0).epsilon(1e-6));
        CHECK(row.top_keys[0] == static_cast<std::int32_t>(at));
        CHECK(row.log_sum_exp == doctest::Approx(bias[at]).epsilon(1e-3));
      });
    }
  }
}

TEST_CASE("two finite biases whose sum is beyond fp32 hide no key") {
  for (const float bias : {least, -least}) {
    Problem p = problem_of(std::vector<float>(keys, bias), Accumulation::fp32);
    p.distance_bias = {bias};
    p.distances = 1;
    check_bits(p);
    for_each_isa(2, [&](Engine& engine) { check_mean_of_values(p, results_of(engine, p)); });
  }
}

TEST_CASE("a sink of the least float has no weight beside scores") {
  Problem p = problem_of({}, Accumulation::fp32);
  Engine engine;
  const std::vector<float> out = run(engine, p).out;
  p.sinks = {least};
  check_bits(p);
  CHECK(run(engine, p).out == out);
}

}  // namespace
}  // namespace saccade::test
