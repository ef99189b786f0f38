#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops/problem.hpp"
#include "reference/half.hpp"
#include "reference/hash.hpp"

namespace saccade::test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Problem small() {
  Problem p = {.queries = {5, 0, 20, 1},
               .keys = {40, 3, 18, 65},
               .heads = 4,
               .key_heads = 2,
               .head_dim = 12,
               .value_dim = 9};
  p.fill(1, 2.0f);
  return p;
}

/// Lengths around the edge of a key block.
Problem long_keys(std::int64_t queries, std::int64_t keys, std::int64_t head_dim = 5) {
  Problem p = {.queries = {queries},
               .keys = {keys},
               .heads = 2,
               .key_heads = 1,
               .head_dim = head_dim,
               .value_dim = 19};
  p.fill(static_cast<std::uint64_t>(keys), 2.0f);
  return p;
}

constexpr Window windows[] = {Window::full(), Window::causal(), {3, 5}, {0, 0}, {Window::unlimited, 7}};

TEST_CASE("queries and keys of different numbers, their positions given in every way") {
  for (const Window& window : windows) {
    Problem p = small();
    p.window = window;
    check(p);
    p.first_query = FirstQuery::top_left;
    check(p);
    p.first_query_positions = {-3, 0, 15, 100};
    check(p);
    p.key_counts = {17, 0, 0, 33};
    check(p);
    p.first_query_positions.clear();
    check(p);
    p.first_query = FirstQuery::bottom_right;
    check(p);
    p.first_key_positions = {16, 0, 1600, 480};
    check(p);
  }
}

TEST_CASE("keys whose first is not at position 0 are cut into blocks at absolute positions") {
  for (const std::int64_t first : {16, 496, 512, 1040}) {
    Problem p = long_keys(7, 600);
    p.first_key_positions = {first};
    check(p);
    p.window = {40, 0};
    check(p);
    p.fill_mask(1, 128);
    p.fill_distances(2, 90, -80);
    check(p);
  }
}

TEST_CASE("a boolean mask, repeated over any of its dimensions") {
  for (int bits = 0; bits < 8; ++bits) {
    const Spread spread = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    for (const std::int64_t chance : {10, 128, 250}) {
      Problem p = small();
      p.fill_mask(3, chance, spread);
      check(p);
    }
  }
  Problem p = small();
  p.fill_mask(4, 200, {.key_stride = 3});
  check(p);
  p.fill_mask(5, 200, {.by_head = false, .keys = 30});  // the keys beyond are hidden
  check(p);
  p.fill_mask(5, 200, {.keys = 0});
  check(p);
}

TEST_CASE("an additive bias, repeated over any of its dimensions, stored in any type") {
  for (int bits = 0; bits < 8; ++bits) {
    const Spread spread = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    for (const StorageType type : {StorageType::f32, StorageType::f16, StorageType::bf16}) {
      Problem p = small();
      p.bias_type = type;
      p.fill_bias(3, 3.0f, bits % 3, spread);
      check(p);
    }
  }
  Problem p = small();
  p.fill_bias(4, 2.0f, 4, {.key_stride = 3});
  check(p);
  p.fill_bias(5, 2.0f, 4, {.by_head = false, .keys = 30});
  check(p);
  p.fill_bias(6, 0x1p100f, 0);
  check_bits(p);
}

TEST_CASE("a bias by distance") {
  for (const std::int64_t first : {-100, -7, 0, 3, 100}) {
    for (const std::int64_t count : {1, 2, 16, 70}) {
      Problem p = small();
      p.fill_distances(7, count, first, count != 16);
      check(p);
      p.distance_bias.front() = -infinity;
      p.distance_bias.back() = -infinity;
      check(p);
    }
  }
}

TEST_CASE("softcaps") {
  for (const float cap : {0.5f, 2.0f, 30.0f, 1e-3f, 1e30f}) {
    for (const float scale : {0.3f, -1.0f, 0.0f, 50.0f}) {
      Problem p = small();
      p.softcap = cap;
      p.scale = scale;
      check(p);
    }
  }
}

TEST_CASE("sinks") {
  for (const float size : {0.0f, 1.0f, 20.0f, 200.0f}) {
    Problem p = small();
    p.sinks = {size, -size, 0.3f * size, 0.7f};
    check(p);
    p.window = {0, 0};
    check(p);
  }
  Problem p = small();
  p.sinks = {-infinity, infinity, nan, 3e7f};
  check_bits(p);
}

TEST_CASE("all of it together, at every edge of a key block") {
  for (const std::int64_t keys : {511, 512, 513, 1023, 1025}) {
    Problem p = long_keys(5, keys);
    p.first_query_positions = {keys - 3};
    p.window = {700, 2};
    p.fill_mask(1, 100);
    check(p);
    p.fill_bias(2, 2.0f, 5, {.by_head = false});
    check(p);
    p.mask.clear();
    check(p);
    p.fill_distances(3, 600, -550);
    p.softcap = 3.0f;
    p.sinks = {1.5f, -2.0f};
    check(p);
    p.fill_mask(4, 2);  // whole blocks are hidden from single rows
    check(p);
  }
}

TEST_CASE("more rows than a block has, heads that share keys in any number") {
  for (const std::int64_t group : {1, 2, 3, 5, 13, 50}) {
    for (const std::int64_t queries : {1, 2, 11, 49}) {
      if (group == 50 && queries > 11) continue;
      Problem p = {.queries = {queries, 3},
                   .keys = {70, 49},
                   .heads = group * 2,
                   .key_heads = 2,
                   .head_dim = 3,
                   .value_dim = 4};
      p.fill(8, 2.0f);
      p.window = Window::causal();
      check_bits(p);
      p.fill_mask(9, 150);
      p.sinks = std::vector<float>(static_cast<std::size_t>(p.heads), 0.25f);
      p.fill_distances(9, 40, -39);
      check_bits(p);
    }
  }
}

TEST_CASE("large row blocks on one thread, usual ones on several") {
  Problem p = {.queries = {100, 97},
               .keys = {600, 530},
               .heads = 8,
               .key_heads = 8,
               .head_dim = 128,
               .value_dim = 128};
  p.fill(21);
  p.window = {500, 3};
  check_bits(p);
  p.window = Window::full();
  p.fill_mask(22, 200, {.by_head = false});
  check_bits(p);
}

TEST_CASE("heads of any dimension") {
  for (const std::int64_t dim : {1, 8, 32, 40, 59, 64, 80, 96, 111, 128, 137, 192, 256, 576}) {
    Problem p = {
        .queries = {3, 14}, .keys = {20, 37}, .heads = 2, .key_heads = 1, .head_dim = dim, .value_dim = dim};
    p.fill(10, 2.0f);
    p.window = Window::causal();
    check(p);
    p.fill_mask(11, 128, {.by_head = false});
    p.value_dim = dim == 576 ? 512 : dim == 192 ? 128 : dim + 3;
    p.fill(11, 2.0f);
    check(p);
  }
}

TEST_CASE("f16 and bf16: the bits of fp32 arithmetic on the values they hold, rounded once") {
  for (const StorageType type : {StorageType::f16, StorageType::bf16}) {
    for (const std::int64_t dim : {1, 17, 64, 137}) {
      Problem p = {.queries = {1, 30, 60},
                   .keys = {70, 30, 5},
                   .heads = 4,
                   .key_heads = 2,
                   .head_dim = dim,
                   .value_dim = dim + 2,
                   .type = type};
      p.fill(12, 2.0f);
      check_bits(p);
      p.window = {9, 4};
      p.bias_type = type;
      p.fill_bias(13, 2.0f, 6);
      p.fill_mask(14, 200);
      p.softcap = 5.0f;
      check_bits(p);
    }
    Problem p = {.queries = {3, 70}, .keys = {1025, 513}, .heads = 2, .key_heads = 1, .type = type};
    p.fill(15, 2.0f);
    p.window = Window::causal();
    check_bits(p);
    for (float& x : p.v) x = x * (type == StorageType::f16 ? 0x1p-15f : 0x1p-126f);  // to subnormals
    for (float& x : p.v) x = stored(x, type);
    check_bits(p);
    for (float& x : p.q) x = 256.0f;  // products beyond what f16 has
    for (float& x : p.k) x = 256.0f;
    check_bits(p);
  }
}

TEST_CASE("every tensor may be stored in a type of its own") {
  constexpr StorageType types[] = {StorageType::f32, StorageType::f16, StorageType::bf16};
  for (const std::int64_t queries : {2, 60}) {
    for (int i = 0; i < 27; ++i) {
      Problem p = long_keys(queries, 70, 21);
      p.type = types[i % 3];
      p.key_type = types[(i / 3 + 1) % 3];
      p.value_type = types[i / 9];
      p.out_type = types[(i + i / 3) % 3];
      p.fill(16, 2.0f);
      p.window = Window::causal();
      check_bits(p);
    }
  }
}

TEST_CASE("rows that see nothing are 0, and their log-sum-exp is -infinity") {
  Problem p = small();
  p.sinks = {1.0f, 2.0f, 3.0f, 4.0f};
  p.fill_mask(1, 0);
  for_each_isa(2, [&](Engine& engine) {
    const Results<float> got = run(engine, p);
    for (const float x : got.out) CHECK((x == 0.0f && !std::signbit(x)));
    for (const float x : got.log_sum_exp) CHECK(x == -infinity);
  });
  p.mask.clear();
  p.fill_bias(1, 1.0f, 1);
  check(p);
  p.bias.clear();
  p.distance_bias = {-infinity};
  p.distances = 1;
  check(p);
  p.distance_bias.clear();
  p.key_counts = {0, 0, 0, 0};
  check(p);
}

/// Keys 3, 20 and 30 of both heads are bad in K, V or both; `hide` hides them.
template <class Hide>
void check_hidden(std::int64_t keys, const Hide& hide) {
  for (const float bad : {nan, infinity, -infinity}) {
    Problem clean = long_keys(14, keys, 6);
    hide(clean);
    Problem dirty = clean;
    for (const std::int64_t at : {std::int64_t{3}, std::int64_t{20}, keys - 1}) {
      for (std::int64_t d = 0; d < clean.head_dim; ++d)
        dirty.k[static_cast<std::size_t>(at * clean.head_dim + d)] = bad;
      dirty.v[static_cast<std::size_t>(at * clean.value_dim + at % 19)] = bad;
    }
    const Results<float> expected = by_contract(clean);
    for_each_isa(3, [&](Engine& engine) {
      const Results<float> got = run(engine, dirty);
      CHECK(hash_of(got.out) == hash_of(expected.out));
      CHECK(hash_of(got.log_sum_exp) == hash_of(expected.log_sum_exp));
    });
  }
}

TEST_CASE("NaN and infinity in hidden keys and values reach nothing") {
  for (const std::int64_t keys : {37, 530}) {
    const auto is_bad = [keys](std::int64_t j) { return j == 3 || j == 20 || j == keys - 1; };
    check_hidden(keys, [&](Problem& p) {
      p.fill_mask(1, 256, {.by_head = false, .by_query = false});
      for (std::int64_t j = 0; j < keys; ++j) p.mask[static_cast<std::size_t>(j)] = is_bad(j) ? 0 : 1;
    });
    check_hidden(keys, [&](Problem& p) {
      p.fill_bias(1, 1.0f, 0, {.by_head = false, .by_query = false});
      for (std::int64_t j = 0; j < keys; ++j) {
        if (is_bad(j)) p.bias[static_cast<std::size_t>(j)] = -infinity;
      }
    });
    check_hidden(keys,
                 [&](Problem& p) {  // a key before the counted end, and rows without another visible key
                   p.key_counts = {keys - 1};
                   p.fill_mask(1, 20);
                   for (std::size_t i = 0; i < p.mask.size(); ++i) {
                     const auto j = static_cast<std::int64_t>(i) % (keys + 1);
                     if (is_bad(j)) p.mask[i] = 0;
                   }
                 });
  }
}

TEST_CASE("NaN in a visible key or value reaches the rows that see it, and only those") {
  for (const std::int64_t keys : {37, 530}) {
    Problem p = long_keys(13, keys);
    p.fill_mask(1, 128);
    p.k[20 * 5] = nan;
    p.v[static_cast<std::size_t>((keys - 1) * 19 + 4)] = nan;
    check_bits(p);
    p.softcap = 2.0f;
    check_bits(p);
    p.fill_bias(2, 2.0f, 4);
    check_bits(p);
    p.bias[25] = nan;
    check_bits(p);
    p.k[20 * 5] = 1.0f;
    for (const float bad : {infinity, -infinity}) {
      p.v[static_cast<std::size_t>((keys - 1) * 19 + 4)] = bad;
      check_bits(p);
    }
  }
}

TEST_CASE("a mask, a bias and a window that say the same give the same bits") {
  Problem p = long_keys(20, 600);
  p.softcap = 30.0f;  // for the order of steps that a bias needs
  p.window = {50, 3};
  const Results<float> expected = by_contract(p);
  Problem masked = p, biased = p;
  masked.window = biased.window = Window::full();
  masked.fill_mask(1, 256, {.by_sequence = false, .by_head = false});
  biased.fill_bias(1, 0.0f, 0, {.by_sequence = false, .by_head = false});
  const AttentionHead head = p.head(0, 0);
  for (std::int64_t i = 0; i < 20; ++i) {
    for (std::int64_t j = 0; j < 600; ++j) {
      const auto at = static_cast<std::size_t>(i * 601 + j);
      masked.mask[at] = head.sees(i, j) ? 1 : 0;
      biased.bias[at] = head.sees(i, j) ? 0.0f : -infinity;
    }
  }
  for_each_isa(2, [&](Engine& engine) {
    for (const Problem& other : {p, masked, biased})
      CHECK(hash_of(run(engine, other).out) == hash_of(expected.out));
  });
}

}  // namespace
}  // namespace saccade::test
