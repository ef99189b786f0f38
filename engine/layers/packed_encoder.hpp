#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "layers/block_shape.hpp"
#include "ops/embedding_lookup.hpp"
#include "ops/layer_norm.hpp"
#include "ops/packed_weights.hpp"
#include "ops/rope.hpp"

namespace saccade::layers {

/// A layer norm's parameters; empty gamma: there is no norm.
struct PackedNorm {
  std::vector<float> gamma;
  std::vector<float> beta;
  float epsilon = 0.0f;

  [[nodiscard]] ops::LayerNormWeights weights() const noexcept { return {gamma, beta, epsilon}; }
  [[nodiscard]] std::size_t bytes() const noexcept { return (gamma.size() + beta.size()) * sizeof(float); }
};

/// Weights of a transformer block: attention and feed-forward, each with its norm.
struct PackedBlock {
  ops::PackedWeights qkv;  ///< query, key and value, each from a panel on
  ops::PackedWeights attention_output;
  PackedNorm attention_norm;
  ops::PackedWeights gate_up;  ///< gate, where gated, and up from the next panel on
  ops::PackedWeights down;
  PackedNorm feed_forward_norm;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return qkv.bytes() + attention_output.bytes() + attention_norm.bytes() + gate_up.bytes() + down.bytes() +
           feed_forward_norm.bytes();
  }
};

/// A layer of the encoder.
struct PackedLayer {
  LayerShape shape;
  std::ptrdiff_t rotary = -1;  ///< index of its rotary table; -1: positions are not rotary
};

/// An encoder, packed.
struct PackedEncoder {
  BlockShape shape;

  AlignedBuffer<std::byte> tables;  ///< the memory of `embeddings`
  ops::EmbeddingTables embeddings = {};
  std::int64_t max_tokens = 0;  ///< of a sequence
  PackedNorm embedding_norm;
  ops::PackedWeights embedding_projection;  ///< from narrower embeddings to the hidden size; in == 0: none

  std::vector<PackedBlock> blocks;
  std::vector<PackedLayer> layers;
  std::vector<ops::RotaryTable> rotary;
  std::vector<float> distance_bias;  ///< [num_attention_heads][2 max_tokens - 1]; empty: none
  PackedNorm final_norm;

  [[nodiscard]] std::int64_t hidden_size() const noexcept { return shape.attention.hidden_size; }
  [[nodiscard]] std::int64_t embedding_size() const noexcept { return embeddings.words.columns; }
  [[nodiscard]] bool projects_embeddings() const noexcept { return embedding_projection.in != 0; }
  [[nodiscard]] const PackedBlock& block_of(std::size_t layer) const noexcept {
    return blocks[layers[layer].shape.block];
  }
  /// Memory of all weights and tables.
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t all = tables.size() + embedding_norm.bytes() + embedding_projection.bytes() +
                      distance_bias.size() * sizeof(float) + final_norm.bytes();
    for (const PackedBlock& block : blocks) all += block.bytes();
    for (const ops::RotaryTable& table : rotary) all += table.values.size() * sizeof(float);
    return all;
  }
};

}  // namespace saccade::layers
