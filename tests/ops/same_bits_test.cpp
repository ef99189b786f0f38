#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <numeric>

#include "ops/all_threads.hpp"
#include "ops/batch.hpp"
#include "reference/compare.hpp"
#include "reference/hash.hpp"
#include "reference/host_floating_point.hpp"

namespace saccade::test {
namespace {

/// A problem and the hash of its result, which is the same wherever and however it is computed.
struct Golden {
  std::string name;
  std::vector<std::int64_t> lengths;
  std::int64_t heads, head_dim, value_dim;
  AttentionOptions options;
  std::uint64_t hash;

  [[nodiscard]] Batch batch() const {
    Batch b = {lengths, heads, head_dim, value_dim};
    b.fill(2026, 2.0f);
    return b;
  }
};

const std::vector<std::int64_t> ragged = {0, 1, 2, 47, 48, 49, 100, 511, 513, 1030};

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all = {
      {"full", ragged, 2, 17, 9, {}, 0xfd5175ee1e6d5961},
      {"causal",
       ragged,
       2,
       17,
       9,
       {.scale = {}, .window = Window::causal(), .probabilities = {}},
       0xb71bc55f6a284053},
      {"window",
       ragged,
       2,
       17,
       9,
       {.scale = {}, .window = {100, 20}, .probabilities = {}},
       0x5e8b7c1f38edb01a},
      {"wide", {60, 5, 1}, 2, 300, 130, {}, 0xb07a5807cdea40e6},
      {"one dimension",
       {70, 9},
       3,
       1,
       1,
       {.scale = -0.7f, .window = {}, .probabilities = {}},
       0xfb1ea57609e8fb2c},
      {"usual", {128, 33}, 3, 64, 64, {}, 0x9217c694f7629c8c},
  };
  return all;
}

TEST_CASE("same bits: golden hashes on every ISA and any number of threads") {
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    const Batch batch = golden.batch();
    for (const Isa isa : supported_isas()) {
      const std::string name(to_string(isa));
      CAPTURE(name);
      for (const int threads : {1, 2, 3, 8}) {
        if (isa == Isa::scalar && threads != 2) continue;
        CAPTURE(threads);
        Engine engine = engine_of_all_threads({.threads = threads, .isa = isa});
        const std::uint64_t hash = hash_of(attend(engine, batch, golden.options));
        CHECK(hash == golden.hash);
      }
    }
  }
}

TEST_CASE("same bits: in any layout") {
  Engine engine;
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    for (const Layout layout : {Layout::fused, Layout::head_major, Layout::spaced})
      CHECK(hash_of(attend(engine, golden.batch(), golden.options, layout)) == golden.hash);
  }
}

TEST_CASE("same bits: a sequence alone and in a batch") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  const Golden& golden = goldens()[1];
  const Batch batch = golden.batch();
  const std::vector<float> all = attend(engine, batch, golden.options);
  for (std::size_t s = 0; s < batch.lengths.size(); ++s) {
    const std::vector<float> alone = attend(engine, batch.sequence(s), golden.options);
    CHECK(difference(alone, part_of(batch, s, all, batch.value_dim)) == "");
  }
}

TEST_CASE("same bits: sequences in any order, and in batches of any size") {
  Engine engine = engine_of_all_threads({.threads = 3, .isa = {}});
  const Golden& golden = goldens()[0];
  const Batch batch = golden.batch();
  const std::vector<float> all = attend(engine, batch, golden.options);
  std::vector<std::size_t> order(batch.lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(3);
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    Batch shuffled = batch;
    std::transform(order.begin(), order.end(), shuffled.lengths.begin(),
                   [&](std::size_t s) { return batch.lengths[s]; });
    shuffled.lengths.resize(order.size() - static_cast<std::size_t>(round));
    shuffled.fill(2026, 2.0f);
    const std::vector<float> got = attend(engine, shuffled, golden.options);
    for (std::size_t i = 0; i < shuffled.lengths.size(); ++i)
      CHECK(difference(part_of(shuffled, i, got, batch.value_dim),
                       part_of(batch, order[i], all, batch.value_dim)) == "");
  }
}

TEST_CASE("same bits: whatever the host's floating-point environment") {
  const Golden& golden = goldens()[3];
  const Batch batch = golden.batch();
  for (const int threads : {1, 2}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    const BatchTensors memory(batch);
    {
      const HostFloatingPoint host(FE_UPWARD);
      attention(engine, memory.tensors(), golden.options);
    }
    CHECK(hash_of(memory.out()) == golden.hash);
  }
}

}  // namespace
}  // namespace saccade::test
