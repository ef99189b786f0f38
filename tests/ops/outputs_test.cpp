#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/all_threads.hpp"
#include "ops/problem.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/reference.hpp"

namespace saccade::test {
namespace {

constexpr ScorePoint every_point[] = {ScorePoint::scaled, ScorePoint::capped, ScorePoint::biased,
                                      ScorePoint::probabilities};

Problem batch() {
  Problem p = {.queries = {5, 0, 20, 1, 3},
               .keys = {40, 3, 18, 65, 530},
               .heads = 6,
               .key_heads = 2,
               .head_dim = 12,
               .value_dim = 9};
  p.fill(1, 2.0f);
  return p;
}

/// Problems of every kind of rule.
std::vector<Problem> kinds() {
  std::vector<Problem> all(7, batch());
  all[1].window = Window::causal();
  all[2].fill_mask(2, 128);
  all[3].fill_bias(3, 2.0f, 5, {.by_head = false});
  all[3].softcap = 4.0f;
  all[4].softcap = 2.0f;
  all[4].scale = -0.5f;
  all[4].fill_distances(4, 20, -10);
  all[4].sinks = {1.0f, 2.0f, -1.0f, 0.0f, 5.0f, -9.0f};
  all[5].fill_mask(5, 3);  // most rows have no visible key
  all[5].key_counts = {33, 0, 18, 1, 520};
  all[6].first_key_positions = {16, 0, 496, 512, 160};
  all[6].window = {300, 7};
  all[6].fill_mask(6, 200, {.by_query = false});
  return all;
}

/// A request with room of its own.
struct Asked {
  std::size_t sequence;
  std::vector<std::int32_t> heads;
  std::vector<std::int64_t> queries;
  std::vector<float> room = {};

  [[nodiscard]] std::vector<std::int32_t> wanted_heads(const Problem& p) const {
    std::vector<std::int32_t> wanted = heads;
    for (std::int32_t h = 0; heads.empty() && h < p.heads; ++h) wanted.push_back(h);
    return wanted;
  }
  ProbabilitiesRequest request(const Problem& p, ScorePoint point, bool mean = false) {
    const auto count = static_cast<std::int64_t>(queries.size());
    const std::int64_t maps = mean ? 1 : static_cast<std::int64_t>(wanted_heads(p).size());
    const std::int64_t rows = queries.empty() ? p.queries[sequence] : count;
    room.assign(static_cast<std::size_t>(maps * rows * p.keys_of(sequence)), NAN);
    return {static_cast<std::int64_t>(sequence), heads, room, queries, point, mean};
  }
  /// The requested rows of one head.
  [[nodiscard]] std::vector<float> expected(const Problem& p, std::int32_t h, ScorePoint point) const {
    const AttentionHead head = p.head(sequence, h);
    const std::vector<float> all = contract::scores(head, point);
    if (queries.empty()) return all;
    std::vector<float> rows;
    for (const std::int64_t i : queries)
      rows.insert(rows.end(), all.begin() + i * head.keys, all.begin() + (i + 1) * head.keys);
    return rows;
  }
};

std::vector<Asked> asked() {
  return {{0, {3, 1, 5}, {}}, {1, {}, {}}, {2, {}, {0, 7, 19}}, {4, {2}, {1}}};
}

TEST_CASE("scores of chosen heads and queries, at every point on their way") {
  for (const Problem& p : kinds()) {
    for (const ScorePoint point : every_point) {
      CAPTURE(static_cast<int>(point));
      for_each_isa(3, [&](Engine& engine) {
        std::vector<Asked> all = asked();
        std::vector<ProbabilitiesRequest> requests;
        for (Asked& one : all) requests.push_back(one.request(p, point));
        ProblemMemory memory(p);
        memory.options().probabilities = requests;
        const Results<float> with = memory.run(engine);
        for (const Asked& one : all) {
          std::vector<float> expected;
          for (const std::int32_t h : one.wanted_heads(p)) {
            const std::vector<float> map = one.expected(p, h, point);
            expected.insert(expected.end(), map.begin(), map.end());
          }
          CHECK(difference(one.room, expected) == "");
        }
        CHECK(difference(with.out, run(engine, p).out) == "");
      });
    }
  }
}

TEST_CASE("a visible NaN hides no other key from the top, on any ISA") {
  const std::vector<float> q = {1.0f}, v(32, 1.0f);
  std::vector<float> k(32, -1.0f), out(1);
  std::fill_n(k.begin(), 16, 0.0f);
  k[16] = NAN;
  k[24] = 5.0f;
  const std::vector<std::int64_t> offsets = {0, 1}, key_offsets = {0, 32};
  for (const Isa isa : supported_isas()) {
    Engine engine({.threads = 1, .isa = isa});
    std::int32_t key = -2;
    float probability = 0.0f;
    attention(engine,
              AttentionTensors{.q = {q.data(), 1, 1, 1, 1, 1},
                               .k = {k.data(), 32, 1, 1, 1, 1},
                               .v = {v.data(), 32, 1, 1, 1, 1},
                               .out = {out.data(), 1, 1, 1, 1, 1},
                               .offsets = offsets,
                               .key_offsets = key_offsets},
              AttentionOptions{.scale = 1.0f, .top_keys = {1, &key, &probability, 1, 1}});
    CHECK(key == 24);
  }
}

TEST_CASE("NaN in a hidden key shows in no score that is biased, and among no top keys") {
  Problem p = {.queries = {15}, .keys = {530}, .heads = 2, .key_heads = 1, .head_dim = 4, .value_dim = 4};
  p.fill(1);
  p.fill_mask(2, 200);
  for (std::int64_t i = 0; i < 30; ++i) {  // rows of the mask are 531 apart
    for (const std::int64_t j : {0, 100, 529}) p.mask[static_cast<std::size_t>(i * 531 + j)] = 0;
  }
  const Problem clean = p;
  for (const std::size_t j : {0u, 100u, 529u}) p.k[j * 4 + 1] = p.v[j * 4] = NAN;
  for (const ScorePoint point : {ScorePoint::biased, ScorePoint::probabilities}) {
    for_each_isa(2, [&](Engine& engine) {
      Asked asked = {0, {}, {}};
      const ProbabilitiesRequest request = asked.request(p, point);
      std::vector<std::int32_t> keys(30 * 3);
      std::vector<float> probabilities(30 * 3);
      ProblemMemory memory(p);
      memory.options().probabilities = {&request, 1};
      memory.options().top_keys = {3, keys.data(), probabilities.data(), 6, 3};
      CHECK(difference(memory.run(engine).out, by_contract(clean).out) == "");
      for (const std::int32_t h : {0, 1}) {
        const std::vector<float> map = asked.expected(clean, h, point);
        CHECK(difference({asked.room.data() + static_cast<std::size_t>(h) * map.size(), map.size()}, map) ==
              "");
        const TopResult top = contract::top_keys(clean.head(0, h), 3);
        for (std::size_t i = 0; i < 45; ++i) {
          const std::size_t at = i / 3 * 6 + static_cast<std::size_t>(h) * 3 + i % 3;
          CHECK(keys[at] == top.keys[i]);
          CHECK(probabilities[at] == top.probabilities[i]);
        }
      }
    });
  }
}

TEST_CASE("scores agree with the formula in double precision") {
  for (const Problem& p : kinds()) {
    const AttentionHead head = p.head(2, 4);
    std::vector<double> exact, tolerance;
    for (std::int64_t i = 0; i < head.queries; ++i) {
      for (std::int64_t j = 0; j < head.keys; ++j) {
        exact.push_back(head.sees(i, j) ? score(head, i, j) : -HUGE_VAL);
        tolerance.push_back(score_tolerance(head, i, j));
      }
    }
    CHECK(outside(contract::scores(head, ScorePoint::biased), exact, tolerance) == "");
  }
}

TEST_CASE("the mean over heads is their probabilities' sum, in ascending order, by their number") {
  std::vector<Problem> problems = kinds();
  Problem many = {.queries = {60}, .keys = {60}, .heads = 20, .key_heads = 4, .head_dim = 3, .value_dim = 3};
  many.fill(3, 3.0f);
  many.window = {20, 3};
  problems.push_back(many);  // five heads share keys, which does not divide a block of rows
  many.heads = 60;
  many.key_heads = 1;
  many.fill(4, 3.0f);
  problems.push_back(many);
  for (const Problem& p : problems) {
    for (const std::vector<std::int32_t>& heads : {std::vector<std::int32_t>{}, {1, 2, 5}, {4}, {0, 3}}) {
      for (const std::vector<std::int64_t>& queries : {std::vector<std::int64_t>{}, {1, 4}}) {
        Asked one = {0, heads, queries};
        const std::vector<std::int32_t> wanted = one.wanted_heads(p);
        std::vector<float> expected = one.expected(p, wanted[0], ScorePoint::probabilities);
        for (std::size_t n = 1; n < wanted.size(); ++n) {
          const std::vector<float> map = one.expected(p, wanted[n], ScorePoint::probabilities);
          for (std::size_t i = 0; i < map.size(); ++i) expected[i] = expected[i] + map[i];
        }
        for (float& x : expected) x = x / static_cast<float>(wanted.size());
        for (const int threads : {1, 2, 3}) {
          CAPTURE(threads);
          INFO(p.text());
          Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
          const ProbabilitiesRequest request = one.request(p, ScorePoint::probabilities, true);
          ProblemMemory memory(p);
          memory.options().probabilities = {&request, 1};
          const Results<float> with = memory.run(engine);
          CHECK(difference(one.room, expected) == "");
          CHECK(difference(with.out, run(engine, p).out) == "");
        }
      }
    }
  }
}

void check_top(const Problem& p, std::int64_t k) {
  CAPTURE(k);
  INFO(p.text());
  const std::int64_t row = p.heads * k;
  std::vector<std::int32_t> keys;
  std::vector<float> probabilities;
  for (std::size_t s = 0; s < p.sequences(); ++s) {
    std::vector<TopResult> heads;
    for (std::int64_t h = 0; h < p.heads; ++h) heads.push_back(contract::top_keys(p.head(s, h), k));
    for (std::int64_t i = 0; i < p.queries[s]; ++i) {
      for (const TopResult& head : heads) {
        keys.insert(keys.end(), head.keys.begin() + i * k, head.keys.begin() + (i + 1) * k);
        probabilities.insert(probabilities.end(), head.probabilities.begin() + i * k,
                             head.probabilities.begin() + (i + 1) * k);
      }
    }
  }
  const auto check = [&](Engine& engine) {
    ProblemMemory memory(p);
    std::vector<std::int32_t> got_keys(keys.size(), 77);
    std::vector<float> got(keys.size(), NAN);
    memory.options().top_keys = {k, got_keys.data(), got.data(), row, k};
    const Results<float> with = memory.run(engine);
    CHECK(got_keys == keys);
    CHECK(difference(got, probabilities) == "");
    CHECK(difference(with.out, run(engine, p).out) == "");
  };
  for_each_isa(1, check);
  for_each_isa(3, check);
}

TEST_CASE("the keys that each query attends to most, and their probabilities") {
  for (Problem p : kinds()) {
    p.queries[3] = 0;  // the others have at least 18 keys
    p.fill(1, 2.0f);
    if (!p.key_counts.empty()) p.key_counts[2] = 17;
    for (const std::int64_t k : {1, 3, 17}) check_top(p, k);
  }
}

TEST_CASE("more top keys than a sequence has: the rest is -1 and 0") {
  for (Problem p : kinds()) {
    p.fill(1, 2.0f);
    for (const std::int64_t k : {19, 40, 200}) check_top(p, k);
  }
  Problem empty = {.queries = {2, 1}, .keys = {0, 2}, .head_dim = 5, .value_dim = 3};
  empty.fill(1);
  check_top(empty, 3);
}

TEST_CASE("the most attended keys of large row blocks") {
  Problem p = {.queries = {100}, .keys = {700}, .heads = 2, .key_heads = 2, .head_dim = 5, .value_dim = 3};
  p.fill(2);
  check_top(p, 3);
}

TEST_CASE("visible scores that are NaN or -infinity are among no top keys") {
  Problem p = {.queries = {5}, .keys = {1100}, .heads = 2, .key_heads = 1, .head_dim = 3, .value_dim = 2};
  p.fill(1);
  for (float& x : p.q) x = std::abs(x) + 0.125f;
  for (std::size_t j = 3; j < 1100; j += 5) p.k[j * 3] = -HUGE_VALF;
  for (const std::int64_t k : {1, 17, 600, 1100}) check_top(p, k);  // 880 keys are left
  for (std::size_t j = 0; j < 1100; j += 7) p.k[j * 3 + 1] = NAN;
  for (const std::int64_t k : {1, 17, 600, 1100}) check_top(p, k);
  p.softcap = 3.0f;  // what is capped is finite or NaN
  for (const std::int64_t k : {17, 1100}) check_top(p, k);
}

TEST_CASE("of equal scores the lower keys come first") {
  Problem p = {.queries = {3}, .keys = {1100}, .heads = 2, .key_heads = 2, .head_dim = 2, .value_dim = 1};
  p.fill(1);
  for (float& x : p.k) x = x > 0.5f ? 1.0f : 0.25f;  // four different keys
  for (const std::int64_t k : {1, 5, 40, 600, 1100}) check_top(p, k);
  p.fill_mask(2, 128);
  for (const std::int64_t k : {5, 600}) check_top(p, k);
}

}  // namespace
}  // namespace saccade::test
