#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "layers/block_shape.hpp"

namespace saccade::model {

/// How a family encodes the positions of tokens.
enum class Positions : std::uint8_t {
  from_zero,      ///< a table whose first row is position 0
  after_padding,  ///< a table whose row after the padding token's is position 0
  rotary          ///< queries and keys are rotated
};

/// Keys of config.json, under the names that BERT's has; empty: the family has no such key.
struct ConfigKeys {
  std::string_view num_hidden_layers, hidden_size, num_attention_heads, intermediate_size, hidden_act,
      layer_norm_eps, type_vocab_size, embedding_size;
};

/// Values of keys that config.json leaves out.
struct ConfigDefaults {
  std::int64_t num_hidden_layers, hidden_size, num_attention_heads, intermediate_size, vocab_size,
      max_position_embeddings;
  std::int64_t type_vocab_size;  ///< 0: the family has no token types
  std::int64_t embedding_size;   ///< 0: hidden_size
  std::int64_t pad_token_id;
  std::string_view hidden_act;
  double layer_norm_eps;
};

/// Names of tensors, without prefix and without ".weight" or ".bias"; empty: the family has none. Those of a
/// layer come after `layer`, in which '#' stands for its number; where there are two, for the number of a
/// group and of the layer in it. Maps of the same name are one tensor: their outputs follow one another.
struct TensorNames {
  std::string_view word, position, type, embedding_norm, embedding_projection, relative_attention_bias,
      final_norm;
  std::string_view layer;
  std::string_view query, key, value;
  std::string_view attention_output, attention_norm;
  std::string_view gate, up, down, feed_forward_norm;  ///< as FeedForwardKind says
};

/// How transformers describes and stores the encoders of one model_type.
/// https://github.com/huggingface/transformers, src/transformers/models/<family>/
struct EncoderFamily {
  std::string_view model_type;
  Positions positions = Positions::from_zero;
  layers::NormPlace norm_place = layers::NormPlace::after_residual;
  layers::FeedForwardKind feed_forward = layers::FeedForwardKind::plain;
  bool always_projects = false;    ///< embeddings are projected even where they have the hidden size
  bool shares_layers = false;      ///< num_hidden_groups, inner_group_num
  bool alternates = false;         ///< layers with a window and layers without, by layer_types
  bool padding_is_fixed = false;   ///< at the default, whatever pad_token_id says
  bool biases_are_chosen = false;  ///< by attention_bias, mlp_bias, norm_bias; else there are all
  ConfigKeys keys;
  ConfigDefaults defaults;
  TensorNames names;
};

[[nodiscard]] std::span<const EncoderFamily> encoder_families() noexcept;
/// Null for a model_type that saccade does not know.
[[nodiscard]] const EncoderFamily* find_family(std::string_view model_type) noexcept;

}  // namespace saccade::model
