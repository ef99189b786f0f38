#pragma once

#include "bench/layer_problem.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::bench {

inline SelfAttention random_layer(Engine& engine, std::int64_t width, std::int64_t heads) {
  const LayerWeights weights(width);
  const auto map = [&](const std::vector<float>& w) -> LinearWeights { return {width, width, w, {}}; };
  return SelfAttention(
      engine, {map(weights.query), map(weights.key), map(weights.value), map(weights.output)}, heads);
}

}  // namespace saccade::bench
