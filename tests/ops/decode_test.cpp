#include <doctest/doctest.h>

#include <limits>

#include "ops/problem.hpp"
#include "reference/compare.hpp"
#include "saccade/engine.hpp"

// One query looks at the keys of many heads: the heads go through a block of keys together.

namespace saccade::test {
namespace {

Problem decode(std::int64_t heads, std::int64_t key_heads, StorageType type = StorageType::f32,
               std::int64_t head_dim = 48) {
  Problem p = {.queries = {1, 1, 1, 1, 1},
               .keys = {1300, 1, 0, 513, 77},
               .heads = heads,
               .key_heads = key_heads,
               .head_dim = head_dim,
               .value_dim = 23,
               .type = type};
  p.fill(static_cast<std::uint64_t>(heads * 100 + key_heads));
  return p;
}

void check_on_threads(const Problem& p) {
  CAPTURE(p.text());
  const Results<float> expected = by_contract(p);
  for (const int threads : {1, 3, 16}) {
    CAPTURE(threads);
    const auto check = [&](Engine& engine) {
      const Results<float> got = run(engine, p);
      CHECK(difference(got.out, expected.out) == "");
      CHECK(difference(got.log_sum_exp, expected.log_sum_exp) == "");
    };
    for_each_isa(threads, check, p.accumulation);
  }
}

TEST_CASE("one query has the contract's bits whatever the number of heads and threads") {
  check_on_threads(decode(2, 2));
  check_on_threads(decode(13, 13));
  check_on_threads(decode(12, 4));
  check_on_threads(decode(14, 2));    // seven rows share keys: groups of rows end within them
  check_on_threads(decode(100, 50));  // more heads than a row block has rows
}

TEST_CASE("one query takes keys of any length, whole registers or not, of one piece or more") {
  for (const StorageType type : {StorageType::f32, StorageType::f16, StorageType::bf16}) {
    for (const std::int64_t head_dim : {16, 40, 256, 272}) check_on_threads(decode(3, 3, type, head_dim));
  }
  Problem p = decode(1, 1);
  p.queries = {7, 7, 7, 7, 7};  // the last row is a tile of its own
  p.fill(1);
  check_on_threads(p);
}

TEST_CASE("one query has the contract's bits in fp64, too") {
  for (const StorageType type : {StorageType::f32, StorageType::bf16}) {
    for (const std::int64_t head_dim : {16, 40, 272}) {
      Problem p = decode(12, 4, type, head_dim);
      p.accumulation = Accumulation::fp64;
      check_on_threads(p);
    }
  }
}

TEST_CASE("one query takes every rule and type") {
  Problem p = decode(6, 3);
  p.fill_mask(1, 40);
  check_on_threads(p);
  p = decode(6, 3, StorageType::f16);
  p.fill_mask(2, 200, {.by_head = false});
  check_on_threads(p);
  p = decode(5, 5, StorageType::bf16);
  p.window = {200, 0};
  p.sinks = {0.5f, 1.0f, -1.0f, 2.0f, 0.0f};
  p.softcap = 5.0f;
  check_on_threads(p);
  p = decode(4, 2);
  p.fill_bias(3, 1.0f, 3);
  p.fill_distances(4, 64, -63);
  p.first_key_positions = {160, 0, 0, 16, 1024};
  check_on_threads(p);
}

TEST_CASE("what is not finite in a masked key stays out where heads go together") {
  Problem p = decode(3, 3);
  p.fill_mask(5, 128, {.by_head = false});
  const std::size_t keys = static_cast<std::size_t>(p.keys[0]),
                    width = 3 * static_cast<std::size_t>(p.head_dim);
  for (std::size_t key = 0; key < keys; ++key) {
    if (p.mask[key] != 0) continue;
    for (std::size_t i = 0; i < width; ++i) p.k[key * width + i] = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t i = 0; i < 3 * 23; ++i) p.v[key * 3 * 23 + i] = std::numeric_limits<float>::infinity();
  }
  check_on_threads(p);
}

}  // namespace
}  // namespace saccade::test
