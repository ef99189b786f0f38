#include <doctest/doctest.h>

#include "ops/all_threads.hpp"
#include "ops/problem.hpp"
#include "reference/hash.hpp"

namespace saccade::test {
namespace {

/// A problem and the hash of its output and log-sum-exp.
struct Golden {
  std::string name;
  Problem problem;
  std::uint64_t hash;
};

Problem batch(std::int64_t heads, std::int64_t key_heads, StorageType type = StorageType::f32) {
  Problem p = {.queries = {1, 20, 0, 100, 7},
               .keys = {700, 20, 5, 130, 1030},
               .heads = heads,
               .key_heads = key_heads,
               .head_dim = 20,
               .value_dim = 13,
               .type = type};
  p.fill(2026, 2.0f);
  return p;
}

std::vector<Golden> goldens() {
  std::vector<Golden> all;
  const auto add = [&all](const std::string& name, std::uint64_t hash, Problem p, const auto& change) {
    change(p);
    all.push_back({name, std::move(p), hash});
  };
  add("grouped heads", 0x9c098c4a9541b95c, batch(6, 2), [](Problem& p) { p.window = Window::causal(); });
  add("mask", 0xbfa742323b09c59d, batch(2, 2), [](Problem& p) { p.fill_mask(1, 100, {.by_head = false}); });
  add("bias", 0x1f42fbc7fd559a67, batch(2, 1), [](Problem& p) { p.fill_bias(2, 2.0f, 5); });
  add("extreme bias", 0x25f9c355aa9c2367, batch(2, 1), [](Problem& p) { p.fill_extreme_bias(3); });
  add("f16 bias", 0xd0302935c8427f7d, batch(2, 1), [](Problem& p) {
    p.bias_type = StorageType::f16;
    p.fill_bias(2, 2.0f, 0, {.by_sequence = false});
  });
  add("distance bias", 0x673fa7bb23c9f73d, batch(3, 1), [](Problem& p) { p.fill_distances(3, 300, -280); });
  add("softcap", 0xeda05922fed6233a, batch(2, 2), [](Problem& p) {
    p.softcap = 3.0f;
    p.scale = 1.0f;
  });
  add("sinks", 0x6f38caac5ac2762f, batch(2, 2), [](Problem& p) {
    p.sinks = {1.5f, -0.5f};
    p.window = {30, 0};
  });
  add("f16", 0xb40dd505ddd54efd, batch(4, 2, StorageType::f16),
      [](Problem& p) { p.window = Window::causal(); });
  add("bf16", 0x45174de8566a7567, batch(4, 2, StorageType::bf16), [](Problem& p) { p.fill_mask(4, 128); });
  const auto all_of_it = [](Problem& p) {
    p.window = {600, 5};
    p.first_key_positions = {160, 0, 0, 16, 1024};
    p.key_counts = {650, 20, 5, 100, 1000};
    p.softcap = 20.0f;
    p.fill_mask(5, 200);
    p.fill_bias(6, 1.0f, 8, {.by_query = false});
    p.fill_distances(7, 64, -63);
    p.sinks = {0.5f, 1.0f, -1.0f, 2.0f};
  };
  add("all of it", 0x50dbc47afd81a020, batch(4, 2), all_of_it);
  add("causal, in fp64", 0xe36509feba779576, batch(6, 2), [](Problem& p) {
    p.window = Window::causal();
    p.accumulation = Accumulation::fp64;
  });
  add("all of it, in fp64", 0x23d4d72aa6000303, batch(4, 2), [&](Problem& p) {
    all_of_it(p);
    p.accumulation = Accumulation::fp64;
  });
  return all;
}

TEST_CASE("same bits: golden hashes of every rule, on every ISA and any number of threads") {
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    const Results<float> expected = by_contract(golden.problem);
    CHECK(hash_of(expected.log_sum_exp, hash_of(expected.out)) == golden.hash);
    for (const Isa isa : supported_isas()) {
      const std::string name(to_string(isa));
      CAPTURE(name);
      for (const int threads : {1, 2, 3, 8}) {
        if (isa == Isa::scalar && threads != 2) continue;
        CAPTURE(threads);
        Engine engine = engine_of_all_threads(
            {.threads = threads, .isa = isa, .accumulation = golden.problem.accumulation});
        const Results<float> got = run(engine, golden.problem);
        const std::uint64_t hash = hash_of(got.log_sum_exp, hash_of(got.out));
        CHECK(hash == golden.hash);
      }
    }
  }
}

}  // namespace
}  // namespace saccade::test
