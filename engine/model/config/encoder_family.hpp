#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace saccade::model {

/// How a family tells tokens where they stand.
enum class Positions : std::uint8_t {
  from_zero,      ///< a table, from its first row on
  after_padding,  ///< a table, from the row after that of the padding token
  rotary          ///< queries and keys are turned
};

/// What config.json calls a size or a choice; empty: the family has no such key.
struct ConfigKeys {
  std::string_view layers, width, heads, feed_forward, activation, norm_epsilon, types, embedding_width;
};

/// What holds for keys that config.json leaves out.
struct ConfigDefaults {
  std::int64_t layers, width, heads, feed_forward, vocabulary, positions;
  std::int64_t types;            ///< 0: the family has none
  std::int64_t embedding_width;  ///< 0: as width
  std::int64_t padding_token;
  std::string_view activation;
  double norm_epsilon;
};

/// What tensors are called, without prefix and without ".weight" or ".bias"; empty: the family has none. Of a
/// layer, behind `layer`, in which '#' stands for its number; where there are two, for those of a group and
/// of the layer in it.
struct TensorNames {
  std::string_view word, position, type, embedding_norm, embedding_projection, relative_bias, final_norm;
  std::string_view layer;
  std::string_view query, key, value;  ///< all the same: one tensor, rows one after the other
  std::string_view attention_output, attention_norm;
  std::string_view feed_forward_in;  ///< of a gated feed-forward, the gate's rows follow in the same tensor
  std::string_view feed_forward_out, feed_forward_norm;
};

/// How transformers describes and stores the encoders of one model_type: all that is particular to it.
/// https://github.com/huggingface/transformers, src/transformers/models/<family>/
struct EncoderFamily {
  std::string_view model_type;
  Positions positions = Positions::from_zero;
  bool pre_norm = false;           ///< norms before attention and feed-forward, and a last one at the end
  bool gated = false;              ///< act(in(x)) * gate(x)
  bool always_projects = false;    ///< even where embeddings are as wide as the layers
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
