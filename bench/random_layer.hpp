#pragma once

#include <cmath>
#include <vector>

#include "random.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::bench {

/// A layer whose outputs are about as large as its inputs.
inline SelfAttention random_layer(Engine& engine, std::int64_t width, std::int64_t heads) {
  std::vector<std::vector<float>> weights;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    weights.push_back(random_values(static_cast<std::size_t>(width * width), seed));
    for (float& w : weights.back()) w /= std::sqrt(static_cast<float>(width));
  }
  const auto map = [&](std::size_t i) -> LinearWeights { return {width, width, weights[i], {}}; };
  return SelfAttention(engine, {map(0), map(1), map(2), map(3)}, heads);
}

}  // namespace saccade::bench
