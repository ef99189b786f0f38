// The self-attention layer over ragged batches, whose lengths are as those of sentences: log-normal,
// median 24.

#include <cmath>
#include <string>

#include "paired.hpp"
#include "random.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::bench {
namespace {

struct LayerShape {
  const char* batch;
  std::int64_t width, heads;
};

/// Offsets of n sequences.
std::vector<std::int64_t> ragged(std::size_t n) {
  std::vector<std::int64_t> offsets = {0};
  for (const float x : random_values(n, 7)) {
    const double length = std::round(24.0 * std::exp(0.8 * static_cast<double>(x)));
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(std::min(std::max(length, 4.0), 256.0)));
  }
  return offsets;
}

std::vector<std::int64_t> fixed(std::int64_t n, std::int64_t length) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t s = 0; s <= n; ++s) offsets.push_back(s * length);
  return offsets;
}

std::vector<std::int64_t> offsets_of(const std::string& batch) {
  if (batch == "ragged512") return ragged(512);
  if (batch == "128x32") return fixed(128, 32);
  if (batch == "16x256") return fixed(16, 256);
  return fixed(1, 16);
}

SelfAttention random_layer(Engine& engine, const LayerShape& shape) {
  const auto size = static_cast<std::size_t>(shape.width * shape.width);
  std::vector<std::vector<float>> weights;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    weights.push_back(random_values(size, seed));
    for (float& w : weights.back()) w /= std::sqrt(static_cast<float>(shape.width));
  }
  const auto map = [&](std::size_t i) -> LinearWeights { return {shape.width, shape.width, weights[i], {}}; };
  return SelfAttention(engine, {map(0), map(1), map(2), map(3)}, shape.heads);
}

void run(benchmark::State& state, Isa isa, int threads, const LayerShape& shape) {
  Engine engine({.threads = threads, .isa = isa});
  const SelfAttention layer = random_layer(engine, shape);
  const std::vector<std::int64_t> offsets = offsets_of(shape.batch);
  const std::int64_t tokens = offsets.back(), width = shape.width;
  const auto x = random_values(static_cast<std::size_t>(tokens * width), 5);
  std::vector<float> z(x.size());
  run_paired(
      state, engine, threads, layer.flops(offsets),
      [&] {
        layer.forward(engine, {{x.data(), tokens, width, width}, offsets}, {z.data(), tokens, width, width});
      },
      static_cast<double>(tokens));
}

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    for (const int threads : {1, 2}) {
      for (const std::int64_t width : {384, 768}) {
        for (const char* batch : {"ragged512", "128x32", "16x256", "1x16"}) {
          const LayerShape shape = {batch, width, 12};
          const std::string name = "layer/" + std::string(to_string(isa)) +
                                   "/threads:" + std::to_string(threads) + "/" + batch +
                                   "/width:" + std::to_string(width);
          paired(benchmark::RegisterBenchmark(name.c_str(), run, isa, threads, shape));
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
