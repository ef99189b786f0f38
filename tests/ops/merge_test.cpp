#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "ops/all_threads.hpp"
#include "reference/allocations.hpp"
#include "reference/compare.hpp"
#include "reference/random.hpp"
#include "saccade/attention.hpp"

namespace saccade::test {
namespace {

using Counts = std::vector<std::int64_t>;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

Counts offsets_of(const Counts& lengths) {
  Counts offsets = {0};
  for (const std::int64_t n : lengths) offsets.push_back(offsets.back() + n);
  return offsets;
}

/// Queries of sequences, and keys and values of those, all packed [tokens][heads][dim].
struct Problem {
  Counts queries, keys;
  std::int64_t key_heads = 2, group = 2, head_dim = 12, value_dim = 19;
  std::vector<float> q = {}, k = {}, v = {};
  std::vector<float> sinks = {};
  Window window = Window::full();
  Counts first_query_positions = {};  ///< empty: bottom right

  [[nodiscard]] std::int64_t heads() const { return key_heads * group; }
  [[nodiscard]] std::int64_t tokens() const { return offsets_of(queries).back(); }
  [[nodiscard]] std::size_t out_size() const { return index(tokens() * heads() * value_dim); }
  [[nodiscard]] std::size_t rows() const { return index(tokens() * heads()); }
  void fill() {
    Random random(11);
    q = random.values(tokens() * heads() * head_dim, 2.0f);
    k = random.values(offsets_of(keys).back() * key_heads * head_dim, 2.0f);
    v = random.values(offsets_of(keys).back() * key_heads * value_dim);
    if (first_query_positions.empty()) {
      for (std::size_t s = 0; s < keys.size(); ++s) first_query_positions.push_back(keys[s] - queries[s]);
    }
  }
};

template <class Data>
auto packed(Data* data, std::int64_t tokens, std::int64_t heads, std::int64_t dim) {
  using View = std::conditional_t<std::is_const_v<Data>, ConstHeadsView, HeadsView>;
  return View{data, tokens, heads, dim, heads * dim, dim};
}

struct Result {
  std::vector<float> out, log_sum_exp;

  explicit Result(const Problem& p) : out(p.out_size(), NAN), log_sum_exp(p.rows(), NAN) {}
  HeadsView out_view(const Problem& p) { return packed(out.data(), p.tokens(), p.heads(), p.value_dim); }
  HeadsView sums_view(const Problem& p) { return packed(log_sum_exp.data(), p.tokens(), p.heads(), 1); }
};

struct Part {
  std::vector<float> states;
  std::int64_t blocks;
  Result alone;  ///< the result over these keys only, without sinks
};

/// The problem over keys [begin, end) of each sequence, as far as it has them.
Part part_of(Engine& engine, const Problem& p, std::int64_t begin, std::int64_t end) {
  std::vector<float> k, v;
  Counts lengths, first;
  const Counts offsets = offsets_of(p.queries), key_offsets = offsets_of(p.keys);
  for (std::size_t s = 0; s < p.keys.size(); ++s) {
    const std::int64_t from = std::min(begin, p.keys[s]), to = std::min(end, p.keys[s]);
    const auto copy = [&](const std::vector<float>& all, std::vector<float>& some, std::int64_t dim) {
      const std::int64_t row = p.key_heads * dim;
      some.insert(some.end(), all.begin() + (key_offsets[s] + from) * row,
                  all.begin() + (key_offsets[s] + to) * row);
    };
    copy(p.k, k, p.head_dim);
    copy(p.v, v, p.value_dim);
    lengths.push_back(to - from);
    first.push_back(begin);
  }
  const Counts part_offsets = offsets_of(lengths);
  Part part = {{}, 0, Result(p)};
  for (const std::int64_t n : lengths) part.blocks = std::max(part.blocks, attention_blocks(n, begin));
  ++part.blocks;  // more than needed
  part.states.assign(p.rows() * index(part.blocks * (p.value_dim + 2)), NAN);
  const AttentionOptions options = {.window = p.window,
                                    .first_query_positions = p.first_query_positions,
                                    .first_key_positions = first,
                                    .log_sum_exp = part.alone.sums_view(p),
                                    .states = {part.states.data(), part.blocks}};
  const float* const q = p.q.data();
  attention(engine,
            AttentionTensors{packed(q, p.tokens(), p.heads(), p.head_dim),
                             packed(std::as_const(k).data(), part_offsets.back(), p.key_heads, p.head_dim),
                             packed(std::as_const(v).data(), part_offsets.back(), p.key_heads, p.value_dim),
                             part.alone.out_view(p), offsets, part_offsets},
            options);
  return part;
}

Result whole(Engine& engine, const Problem& p) {
  Result all(p);
  const Counts offsets = offsets_of(p.queries), key_offsets = offsets_of(p.keys);
  const AttentionOptions options = {.window = p.window,
                                    .first_query_positions = p.first_query_positions,
                                    .sinks = p.sinks,
                                    .log_sum_exp = all.sums_view(p)};
  attention(engine,
            AttentionTensors{packed(p.q.data(), p.tokens(), p.heads(), p.head_dim),
                             packed(p.k.data(), key_offsets.back(), p.key_heads, p.head_dim),
                             packed(p.v.data(), key_offsets.back(), p.key_heads, p.value_dim),
                             all.out_view(p), offsets, key_offsets},
            options);
  return all;
}

std::vector<StatesView> views_of(std::vector<Part>& parts) {
  std::vector<StatesView> views;
  for (Part& part : parts) views.push_back({part.states.data(), part.blocks});
  return views;
}

std::vector<Part> parts_of(Engine& engine, const Problem& p, const Counts& borders) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i)
    parts.push_back(part_of(engine, p, borders[i], borders[i + 1]));
  return parts;
}

void check_merged(Engine& engine, const Problem& p, const Counts& borders) {
  const Result expected = whole(engine, p);
  std::vector<Part> parts = parts_of(engine, p, borders);
  Result merged(p);
  merge_states(engine, views_of(parts), merged.out_view(p), p.sinks, merged.sums_view(p));
  CHECK(difference(merged.out, expected.out) == "");
  CHECK(difference(merged.log_sum_exp, expected.log_sum_exp) == "");
  Result without_sums(p);
  merge_states(engine, views_of(parts), without_sums.out_view(p), p.sinks);
  CHECK(difference(without_sums.out, expected.out) == "");
}

/// Keys split at these positions.
const std::vector<Counts>& splits() {
  static const std::vector<Counts> all = {
      {0, 1300}, {0, 512, 1300}, {0, 1024, 1300}, {0, 512, 1024, 1300}, {0, 512, 1024, 1536}};
  return all;
}

TEST_CASE("states over parts of the keys merge to the bits of one call over all") {
  Problem problem = {.queries = {20, 3, 0, 1}, .keys = {1300, 520, 7, 0}};
  problem.fill();
  for (const Isa isa : supported_isas()) {
    for (const int threads : {1, 2, 3, 8}) {
      CAPTURE(to_string(isa));
      CAPTURE(threads);
      Engine engine = engine_of_all_threads({.threads = threads, .isa = isa});
      for (const bool with_sinks : {false, true}) {
        problem.sinks =
            with_sinks ? std::vector<float>{0.5f, 30.0f, -HUGE_VALF, -2.0f} : std::vector<float>{};
        for (const Counts& borders : splits()) check_merged(engine, problem, borders);
      }
    }
  }
}

TEST_CASE("rows that see nothing in a part, or nothing at all") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  for (const Window& window : {Window::causal(), Window{10, 0}, Window{300, 5}}) {
    // The last queries stand behind all keys, and a near window shows them none.
    Problem problem = {.queries = {60, 5}, .keys = {1300, 520}, .window = window};
    problem.first_query_positions = {480, 700};
    problem.fill();
    for (const Counts& borders : splits()) check_merged(engine, problem, borders);
    problem.sinks = {1.0f, 2.0f, 3.0f, 4.0f};
    for (const Counts& borders : splits()) check_merged(engine, problem, borders);
  }
}

TEST_CASE("a row that sees no key is zero, and -infinity, with or without a sink") {
  Engine engine;
  Problem problem = {.queries = {2}, .keys = {600}, .window = {10, 0}, .first_query_positions = {5000}};
  problem.fill();
  problem.sinks = {1.0f, 2.0f, 3.0f, 4.0f};
  std::vector<Part> parts = parts_of(engine, problem, {0, 512, 600});
  Result merged(problem);
  merge_states(engine, views_of(parts), merged.out_view(problem), problem.sinks, merged.sums_view(problem));
  CHECK(difference(merged.out, std::vector<float>(problem.out_size(), 0.0f)) == "");
  CHECK(difference(merged.log_sum_exp, std::vector<float>(problem.rows(), -HUGE_VALF)) == "");
  merge_states(engine, {}, merged.out_view(problem));
  CHECK(difference(merged.out, std::vector<float>(problem.out_size(), 0.0f)) == "");
}

TEST_CASE("blocks without a visible key are marked, and the others hold their sums") {
  Engine engine;
  Problem problem = {.queries = {1}, .keys = {1100}, .key_heads = 1, .group = 1, .window = {100, 0}};
  problem.fill();
  const Part part = part_of(engine, problem, 0, 1100);
  const std::int64_t size = problem.value_dim + 2;
  REQUIRE(part.blocks == 4);
  CHECK(part.states[0] == -1.0f);
  CHECK(part.states[index(size)] > 0.0f);      // key 1000 of block 1
  CHECK(part.states[index(2 * size)] > 0.0f);  // keys to 1099
  CHECK(part.states[index(3 * size)] == -1.0f);
}

TEST_CASE("results over disjoint keys merge to nearly that over all") {
  Problem problem = {.queries = {20, 3}, .keys = {1300, 520}};
  problem.fill();
  for (const Isa isa : supported_isas()) {
    for (const int threads : {1, 3}) {
      CAPTURE(to_string(isa));
      Engine engine = engine_of_all_threads({.threads = threads, .isa = isa});
      const Result expected = whole(engine, problem);
      for (const std::int64_t border : {16, 512, 1008, 1296}) {
        Part left = part_of(engine, problem, 0, border), right = part_of(engine, problem, border, 1300);
        const PartialResult first = {left.alone.out_view(problem), left.alone.sums_view(problem)};
        const PartialResult second = {right.alone.out_view(problem), right.alone.sums_view(problem)};
        Result merged(problem);
        merge(engine, first, second, merged.out_view(problem), merged.sums_view(problem));
        CHECK(relative_error<float>(merged.out, expected.out) < 2e-6);
        CHECK(relative_error<float>(merged.log_sum_exp, expected.log_sum_exp) < 1e-6);
        Result without_sums(problem);
        merge(engine, first, second, without_sums.out_view(problem));
        CHECK(difference(without_sums.out, merged.out) == "");
        merge(engine, first, second, left.alone.out_view(problem),
              left.alone.sums_view(problem));  // in place
        CHECK(difference(left.alone.out, merged.out) == "");
        CHECK(difference(left.alone.log_sum_exp, merged.log_sum_exp) == "");
      }
    }
  }
}

TEST_CASE("merging with what saw no key changes nothing") {
  Engine engine;
  Problem problem = {.queries = {5}, .keys = {700}};
  problem.fill();
  Result some = whole(engine, problem), nothing(problem);
  std::fill(nothing.out.begin(), nothing.out.end(), 0.0f);
  std::fill(nothing.log_sum_exp.begin(), nothing.log_sum_exp.end(), -HUGE_VALF);
  const auto merged_of = [&](Result& a, Result& b) {
    Result merged(problem);
    merge(engine, {a.out_view(problem), a.sums_view(problem)}, {b.out_view(problem), b.sums_view(problem)},
          merged.out_view(problem), merged.sums_view(problem));
    return merged;
  };
  const auto check = [&](const Result& got, const Result& expected) {
    CHECK(difference(got.out, expected.out) == "");
    CHECK(difference(got.log_sum_exp, expected.log_sum_exp) == "");
  };
  check(merged_of(some, nothing), some);
  check(merged_of(nothing, some), some);
  check(merged_of(nothing, nothing), nothing);
}

TEST_CASE("merging takes weights of any size without overflow") {
  Engine engine;
  const auto merged_of = [&](float a, float b) {
    const float one = 1.0f, three = 3.0f;
    float out = NAN, sum = NAN;
    merge(engine, {packed(&one, 1, 1, 1), packed(&std::as_const(a), 1, 1, 1)},
          {packed(&three, 1, 1, 1), packed(&std::as_const(b), 1, 1, 1)}, packed(&out, 1, 1, 1),
          packed(&sum, 1, 1, 1));
    return std::pair(out, sum);
  };
  CHECK(merged_of(0.0f, 0.0f).first == doctest::Approx(2.0).epsilon(1e-6));
  CHECK(merged_of(0.0f, 0.0f).second == doctest::Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(merged_of(1000.0f, 1000.0f).first == doctest::Approx(2.0).epsilon(1e-6));
  CHECK(merged_of(-1000.0f, -1000.0f).second == doctest::Approx(std::log(2.0) - 1000).epsilon(1e-6));
  CHECK(merged_of(1000.0f, -1000.0f).first == 1.0f);
  CHECK(merged_of(-3e38f, 5.0f).first == 3.0f);
}

TEST_CASE("merging allocates nothing once the engine is warm") {
  if (!allocations_are_counted()) {
    MESSAGE("skipped: a sanitizer's allocator cannot be counted");
    return;
  }
  for (const int threads : {1, 3}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    Problem problem = {.queries = {20}, .keys = {1300}};
    problem.fill();
    std::vector<Part> parts = parts_of(engine, problem, {0, 512, 1300});
    const std::vector<StatesView> views = views_of(parts);
    Result merged(problem);
    const HeadsView out = merged.out_view(problem), sums = merged.sums_view(problem);
    const PartialResult first = {parts[0].alone.out_view(problem), parts[0].alone.sums_view(problem)};
    std::int64_t taken = 1;
    for (int attempt = 0; attempt < 3 && taken != 0; ++attempt) {
      std::int64_t start = 0;
      for (int i = -20; i < 50; ++i) {
        if (i == 0) start = allocations();
        merge_states(engine, views, out, {}, sums);
        merge(engine, first, first, out, sums);
      }
      taken = allocations() - start;
    }
    CHECK(taken == 0);
  }
}

}  // namespace
}  // namespace saccade::test
