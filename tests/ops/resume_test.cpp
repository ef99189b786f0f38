// Keys that arrive in parts: attention() with running states gives the bits of one call.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "fixtures/expect_error.hpp"
#include "ops/problem.hpp"
#include "reference/allocations.hpp"
#include "reference/compare.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

using Counts = std::vector<std::int64_t>;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// The keys [begin, end) of each sequence, as far as it has them, without what is said by key.
Problem part_of(const Problem& whole, std::int64_t begin, std::int64_t end) {
  Problem part = whole;
  part.mask.clear();
  part.bias.clear();
  part.k.clear();
  part.v.clear();
  part.keys.clear();
  part.first_key_positions.clear();
  part.first_query_positions.clear();
  std::int64_t first = 0;
  for (std::size_t s = 0; s < whole.sequences(); ++s) {
    const std::int64_t from = std::min(begin, whole.keys[s]), to = std::min(end, whole.keys[s]);
    const auto copy = [&](const std::vector<float>& all, std::vector<float>& some, std::int64_t dim) {
      const std::int64_t row = whole.key_heads * dim;
      some.insert(some.end(), all.begin() + (first + from) * row, all.begin() + (first + to) * row);
    };
    copy(whole.k, part.k, whole.head_dim);
    copy(whole.v, part.v, whole.value_dim);
    part.keys.push_back(to - from);
    part.first_key_positions.push_back(begin);
    part.first_query_positions.push_back(whole.first_query_positions.empty()
                                             ? whole.keys[s] - whole.queries[s]
                                             : whole.first_query_positions[s]);
    first += whole.keys[s];
  }
  return part;
}

/// A mask or bias counted from key `begin` on.
MaskView from_key(MaskView mask, std::int64_t begin) {
  const std::int64_t skipped = std::min(begin, mask.keys);
  if (mask.data != nullptr) mask.data += skipped * mask.key_stride;
  mask.keys -= skipped;
  return mask;
}
BiasView from_key(BiasView bias, std::int64_t begin) {
  const std::int64_t skipped = std::min(begin, bias.keys);
  const std::int64_t size = bias.type == StorageType::f32 ? 4 : 2;
  if (bias.data != nullptr)
    bias.data = static_cast<const std::byte*>(bias.data) + skipped * bias.key_stride * size;
  bias.keys -= skipped;
  return bias;
}

Results<float> in_parts(Engine& engine, const Problem& problem, const Counts& borders) {
  ProblemMemory whole(problem);
  const std::int64_t rows = problem.tokens() * problem.heads;
  std::vector<float> running(index(rows * (problem.value_dim + 2)), std::nanf(""));
  Results<float> results;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const Problem part = part_of(problem, borders[i], borders[i + 1]);
    ProblemMemory memory(part);
    AttentionOptions& options = memory.options();
    options.mask = from_key(whole.options().mask, borders[i]);
    options.bias = from_key(whole.options().bias, borders[i]);
    options.running = {running.data(), i == 0};
    results = memory.run(engine);
  }
  return results;
}

const std::vector<Counts>& splits() {
  static const std::vector<Counts> all = {
      {0, 1300}, {0, 512, 1300}, {0, 1024, 1300}, {0, 512, 1024, 1300}, {0, 512, 1024, 1536, 2048}};
  return all;
}

void check_parts(Engine& engine, const Problem& problem) {
  CAPTURE(problem.text());
  const Results<float> expected = run(engine, problem);
  for (const Counts& borders : splits()) {
    CAPTURE(borders.size());
    const Results<float> got = in_parts(engine, problem, borders);
    CHECK(difference(got.out, expected.out) == "");
    CHECK(difference(got.log_sum_exp, expected.log_sum_exp) == "");
  }
}

Problem problem_of(Counts queries, std::uint64_t seed) {
  Problem problem = {.queries = std::move(queries), .keys = {1300, 520, 7, 0}};
  problem.heads = 4;
  problem.key_heads = 2;
  problem.head_dim = 12;
  problem.value_dim = 19;
  problem.fill(seed, 2.0f);
  return problem;
}

TEST_CASE("same bits: keys in parts, by any number of threads on every ISA") {
  // Rows in blocks; one query a sequence, whose keys are split among the threads.
  for (const Counts& queries : {Counts{20, 3, 2, 1}, Counts{1, 1, 1, 1}, Counts{130, 0, 1, 0}}) {
    Problem problem = problem_of(queries, 3);
    for (const int threads : {1, 2, 3, 8}) {
      CAPTURE(threads);
      for_each_isa(threads, [&](Engine& engine) {
        problem.sinks.clear();
        check_parts(engine, problem);
        problem.sinks = {0.5f, 30.0f, -HUGE_VALF, -2.0f};
        check_parts(engine, problem);
      });
    }
  }
}

TEST_CASE("same bits: keys in parts with everything that is done to scores") {
  Random random(9);
  for (std::uint64_t i = 0; i < 12; ++i) {
    Problem problem = problem_of({20, 3, 2, 1}, i);
    if (random.below(2) == 0) problem.window = {random.below(700), random.below(40)};
    if (random.below(2) == 0) problem.first_query_positions = {480, 700, 0, 5};
    if (random.below(2) == 0) problem.softcap = 5.0f;
    if (random.below(2) == 0) problem.fill_mask(i, 200);
    if (random.below(2) == 0) problem.fill_bias(i, 2.0f, 5);
    if (random.below(2) == 0) problem.fill_distances(i, 900, -700);
    for (const Accumulation accumulation : {Accumulation::fp32, Accumulation::fp64}) {
      problem.accumulation = accumulation;
      for_each_isa(
          2, [&](Engine& engine) { check_parts(engine, problem); }, accumulation);
    }
  }
}

TEST_CASE("same bits: keys in parts with finite biases of any size") {
  for (const Accumulation accumulation : {Accumulation::fp32, Accumulation::fp64}) {
    Problem problem = problem_of({20, 3, 2, 1}, 1);
    problem.fill_extreme_bias(7);
    problem.accumulation = accumulation;
    check_bits(problem);
    for_each_isa(
        2,
        [&](Engine& engine) {
          for (const float x : run(engine, problem).out) CHECK(std::isfinite(x));
          check_parts(engine, problem);
        },
        accumulation);
  }
}

TEST_CASE("same bits: keys in parts, stored as f16 and bf16") {
  for (const StorageType type : {StorageType::f16, StorageType::bf16}) {
    Problem problem = problem_of({20, 3, 2, 1}, 5);
    problem.type = type;
    problem.fill(5, 2.0f);
    problem.window = Window::causal();
    for_each_isa(3, [&](Engine& engine) { check_parts(engine, problem); });
  }
}

TEST_CASE("running states allocate nothing") {
  Problem problem = {.queries = {40}, .keys = {512}};
  problem.fill(1);
  Engine engine({.threads = 1});
  ProblemMemory memory(problem);
  std::vector<float> running(40 * 10);
  memory.options().running = {running.data(), true};
  memory.run(engine);
  const AttentionTensors tensors = memory.tensors();
  const std::int64_t before = allocations();
  attention(engine, tensors, memory.options());
  CHECK(allocations() == before);
}

TEST_CASE("running states are refused with what they cannot carry") {
  Problem problem = {.queries = {4}, .keys = {600}};
  problem.fill(1);
  Engine engine;
  std::vector<float> running(4 * 10, 5.0f), room(4 * 600);
  std::vector<std::int32_t> keys(4);
  const std::vector<std::int64_t> zero = {0}, odd = {528};
  const auto expect_bad = [&](std::initializer_list<std::string> parts, const auto& change) {
    ProblemMemory memory(problem);
    AttentionOptions& options = memory.options();
    options.running = {running.data(), false};
    options.first_query_positions = zero;
    change(options);
    expect_error(ErrorCode::invalid_argument, parts, [&] { memory.run(engine); });
    CHECK(std::count(running.begin(), running.end(), 5.0f) == 40);
  };
  const ProbabilitiesRequest request = {.out = room};
  expect_bad({"running", "probabilities"}, [&](AttentionOptions& o) { o.probabilities = {&request, 1}; });
  expect_bad({"running", "top_keys"}, [&](AttentionOptions& o) {
    o.top_keys = {1, keys.data(), room.data(), 1, 1};
  });
  expect_bad({"running", "states of single blocks"}, [&](AttentionOptions& o) {
    o.states = {room.data(), 2};
  });
  expect_bad({"running", "first_query_positions is empty"}, [&](AttentionOptions& o) {
    o.first_query_positions = {};
    o.window = Window::causal();
  });
  expect_bad({"first_key_positions[0] is 528", "512"},
             [&](AttentionOptions& o) { o.first_key_positions = odd; });
}

}  // namespace
}  // namespace saccade::test
