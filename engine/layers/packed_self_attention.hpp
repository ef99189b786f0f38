#pragma once

#include <cstdint>

#include "layers/block_shape.hpp"
#include "ops/packed_weights.hpp"
#include "saccade/self_attention.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::layers {

/// The linear maps of a self-attention layer as they are stored; shapes fit together.
struct SelfAttentionViews {
  ops::LinearView query, key, value;
  ops::LinearView output;  ///< without weight: none
};

/// A self-attention layer's packed weights.
struct PackedSelfAttention {
  AttentionShape shape;
  std::int64_t output_size = 0;  ///< values of z
  ops::PackedWeights qkv;        ///< query, key and value, each from a panel on
  ops::PackedWeights output;     ///< in == 0: no output projection

  [[nodiscard]] bool has_output() const noexcept { return output.in != 0; }
};

[[nodiscard]] PackedSelfAttention pack_self_attention(scheduler::ExecutionContext& state,
                                                      const SelfAttentionViews& views, std::int64_t heads);

}  // namespace saccade::layers

namespace saccade {

struct [[gnu::visibility("hidden")]] SelfAttention::State {
  layers::PackedSelfAttention packed;
};

}  // namespace saccade
