#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>

#include "layers/layer.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/hash.hpp"
#include "reference/host_floating_point.hpp"

namespace saccade::test {
namespace {

struct Golden {
  std::string name;
  std::int64_t width, heads, head_dim, output_width;
  std::vector<std::int64_t> lengths;
  Window window;
  std::uint64_t hash;  ///< of z, then of the context

  [[nodiscard]] LayerWeights weights() const { return made_up_weights(width, heads, head_dim, output_width); }
  [[nodiscard]] LayerBatch batch() const { return LayerBatch::of(width, lengths); }
};

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all = {
      {"odd", 45, 3, 7, 37, {1, 2, 0, 19, 48, 130}, Window::full(), 0x7f7d2f87d5d87af0},
      {"causal", 64, 2, 32, 64, {600, 33, 5}, Window::causal(), 0x4b11bb1e348efce7},
      {"deep", 300, 2, 9, 0, {17, 3}, Window{5, 5}, 0xb119760af5a734cd},
      {"deeper", 600, 1, 300, 20, {10, 50}, Window::full(), 0x3bc7cdd359754e9a},
  };
  return all;
}

std::uint64_t hash_of_forward(Engine& engine, const Golden& golden) {
  const SelfAttention layer(engine, views_of(golden.weights()), golden.heads);
  const LayerOutput out = forward(engine, layer, golden.batch(), golden.window);
  return hash_of(out.context, hash_of(out.z));
}

TEST_CASE("same bits: golden hashes of layers on every ISA and any number of threads") {
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    for (const Isa isa : supported_isas()) {
      const std::string name(to_string(isa));
      CAPTURE(name);
      for (const int threads : {1, 2, 3, 8}) {
        CAPTURE(threads);
        Engine engine({.threads = threads, .isa = isa});
        const std::uint64_t hash = hash_of_forward(engine, golden);
        CHECK(hash == golden.hash);
      }
    }
  }
}

/// One sequence by the contract's plain loops.
LayerOutput by_contract(const LayerWeights& w, const std::vector<float>& x) {
  const std::int64_t context = w.context_width();
  const auto tokens = static_cast<std::int64_t>(x.size()) / w.width;
  const std::vector<float> q = contract::linear(x, w.query_weight, w.query_bias, w.width, context),
                           k = contract::linear(x, w.key_weight, w.key_bias, w.width, context),
                           v = contract::linear(x, w.value_weight, w.value_bias, w.width, context);
  LayerOutput out = {{}, std::vector<float>(q.size())};
  for (std::int64_t h = 0; h < w.heads; ++h) {
    AttentionHead head = {tokens, tokens, w.head_dim, w.head_dim};
    head.scale = 1.0f / std::sqrt(static_cast<float>(w.head_dim));
    for (std::int64_t t = 0; t < tokens; ++t) {
      const std::int64_t from = t * context + h * w.head_dim;
      head.q.insert(head.q.end(), q.begin() + from, q.begin() + from + w.head_dim);
      head.k.insert(head.k.end(), k.begin() + from, k.begin() + from + w.head_dim);
      head.v.insert(head.v.end(), v.begin() + from, v.begin() + from + w.head_dim);
    }
    const std::vector<float> rows = contract::attention(head).out;
    for (std::int64_t t = 0; t < tokens; ++t)
      std::copy_n(rows.begin() + t * w.head_dim, w.head_dim,
                  out.context.begin() + t * context + h * w.head_dim);
  }
  out.z = contract::linear(out.context, w.output_weight, w.output_bias, context, w.output_width);
  return out;
}

TEST_CASE("same bits: a layer is the contract's matrix elements and attention") {
  Engine engine({.threads = 2, .isa = {}});
  for (const LayerWeights& weights : {made_up_weights(45, 3, 7, 37), made_up_weights(300, 2, 130, 20)}) {
    const SelfAttention layer(engine, views_of(weights), weights.heads);
    const LayerBatch batch = LayerBatch::of(weights.width, {60});
    const LayerOutput got = forward(engine, layer, batch), expected = by_contract(weights, batch.x);
    CHECK(difference(got.context, expected.context) == "");
    CHECK(difference(got.z, expected.z) == "");
  }
}

TEST_CASE("same bits: whatever the host's floating-point environment is at load and during a pass") {
  const Golden& golden = goldens().front();
  const LayerWeights weights = golden.weights();
  const LayerBatch batch = golden.batch();
  for (const int threads : {1, 2}) {
    for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      LayerOutput out;
      {
        const HostFloatingPoint host(rounding);
        Engine engine({.threads = threads, .isa = {}});
        const SelfAttention layer(engine, views_of(weights), golden.heads);
        out = forward(engine, layer, batch, golden.window);
      }
      CHECK(hash_of(out.context, hash_of(out.z)) == golden.hash);
    }
  }
}

TEST_CASE("same bits: subnormal values and outputs in a host that flushes them to zero") {
  LayerWeights weights = made_up_weights(45, 3, 7, 0);
  for (float& x : weights.value_weight) x *= 0x1p-60f;
  std::fill(weights.value_bias.begin(), weights.value_bias.end(), 0.0f);
  LayerBatch batch = LayerBatch::of(45, {1, 19, 60});
  for (float& x : batch.x) x *= 0x1p-75f;
  const auto compute = [&](int threads) {
    Engine engine({.threads = threads, .isa = {}});
    const SelfAttention layer(engine, views_of(weights), weights.heads);
    return forward(engine, layer, batch).context;
  };
  const std::vector<float> expected = compute(1);
  CHECK(std::any_of(expected.begin(), expected.end(), [](float x) { return x != 0.0f; }));
  CHECK(std::all_of(expected.begin(), expected.end(), [](float x) { return std::abs(x) < 0x1p-126f; }));
  for (const int threads : {1, 2}) {
    std::vector<float> got;
    {
      const HostFloatingPoint host(FE_TOWARDZERO);
      got = compute(threads);
    }
    CHECK(difference(got, expected) == "");
  }
}

/// Short sequences go in groups of 144 tokens, each one thread's; long ones in groups of 4096 on all threads.
TEST_CASE("same bits: a batch of several groups is its sequences alone") {
  Engine engine({.threads = 2, .isa = {}});
  const SelfAttention layer(engine, views_of(made_up_weights(8, 2, 4, 8)), 2);
  const LayerBatch batch =
      LayerBatch::of(8, {4000, 96, 1, 0, 4097, 3, 2000, 2096, 2097, 0, 7, 130, 14, 500, 30});
  std::vector<ProbabilitiesRequest> requests;
  std::vector<std::vector<float>> maps;
  for (const std::size_t s : {1u, 5u, 10u})
    maps.emplace_back(static_cast<std::size_t>(2 * batch.length(s) * batch.length(s)));
  for (const std::size_t i : {0u, 1u, 2u})
    requests.push_back({.sequence = i == 0 ? 1 : i == 1 ? 5 : 10, .heads = {}, .out = maps[i]});
  const Window near = {300, 20};
  const LayerOutput all = forward(engine, layer, batch, near, requests);
  for (std::size_t s = 0; s < batch.sequences(); ++s) {
    CAPTURE(s);
    const LayerOutput alone = forward(engine, layer, batch.sequence(s), near);
    CHECK(difference(alone.z, rows_of(all.z, 8, batch.offsets[s], batch.length(s))) == "");
    CHECK(difference(alone.context, rows_of(all.context, 8, batch.offsets[s], batch.length(s))) == "");
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    std::vector<float> map(maps[i].size());
    const ProbabilitiesRequest request = {.sequence = 0, .heads = {}, .out = map};
    forward(engine, layer, batch.sequence(static_cast<std::size_t>(requests[i].sequence)), near,
            {&request, 1});
    CHECK(difference(maps[i], map) == "");
  }
}

}  // namespace
}  // namespace saccade::test
