#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "ops/embedding_lookup.hpp"
#include "ops/layer_norm.hpp"
#include "ops/linear.hpp"
#include "ops/rope.hpp"
#include "saccade/attention.hpp"

namespace saccade::layers {

/// A layer norm's parameters; without gamma it is left out.
struct PackedNorm {
  std::vector<float> gamma;
  std::vector<float> beta;
  float epsilon = 0.0f;

  [[nodiscard]] ops::LayerNormWeights weights() const noexcept { return {gamma, beta, epsilon}; }
};

/// Weights of a transformer block: attention and feed-forward, each with its norm.
struct PackedBlock {
  ops::PackedWeights qkv;     ///< query, key and value, each from a panel on
  ops::PackedWeights output;  ///< of attention
  PackedNorm attention_norm;
  ops::PackedWeights up;    ///< [feed_forward], and where it is gated the gate from the next panel on
  ops::PackedWeights down;  ///< back to the width
  PackedNorm output_norm;
};

/// A place in the stack: blocks may stand in several.
struct StackPlace {
  std::size_t block = 0;
  Window window = Window::full();
  std::ptrdiff_t rotary = -1;  ///< among the tables; -1: positions are not rotary
};

/// An encoder, packed.
struct PackedEncoder {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t feed_forward = 0;
  kernels::Activation activation = kernels::Activation::gelu;
  bool norm_first = false;  ///< norms before attention and feed-forward, not after their sums
  bool gated = false;       ///< activation(up) * gate

  AlignedBuffer<float> tables;  ///< what `embeddings` points to
  ops::EmbeddingTables embeddings = {};
  std::int64_t max_tokens = 0;  ///< of a sequence
  /// Padding, which positions leave out; batches have none, so sequences must not either. -1: there is none.
  std::int64_t padding_token = -1;
  PackedNorm embedding_norm;
  ops::PackedWeights projection;  ///< of narrower embeddings to the width; in == 0: none

  std::vector<PackedBlock> blocks;
  std::vector<StackPlace> stack;
  std::vector<ops::RotaryTable> rotary;
  std::vector<float> distance_bias;  ///< [heads][2 max_tokens - 1]; empty: none
  PackedNorm final_norm;

  [[nodiscard]] std::int64_t embedding_width() const noexcept { return embeddings.words.columns; }
  /// Columns of q, k or v among those of qkv.
  [[nodiscard]] std::int64_t part() const noexcept {
    return kernels::round_up(heads * head_dim, kernels::panel_width);
  }
  /// Columns of the first half of `up`.
  [[nodiscard]] std::int64_t up_part() const noexcept {
    return kernels::round_up(feed_forward, kernels::panel_width);
  }
};

}  // namespace saccade::layers
