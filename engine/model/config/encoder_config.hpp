#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ops/linear.hpp"
#include "saccade/attention.hpp"

namespace saccade::model {

using kernels::Activation;

/// What may differ from layer to layer.
struct EncoderLayer {
  std::int64_t weights = 0;        ///< which of the weights of layers it uses: several layers may share them
  Window window = {};              ///< which keys a token attends to, around its own position
  double rope_theta = 0;           ///< base of the rotary angles; 0: none
  bool has_attention_norm = true;  ///< false: what comes in is taken as it is
};

/// A transformer encoder as config.json describes it, whatever the family.
///
/// Hidden states begin as norm(word[id] + type[type_id] + position[first_position + i]), without what there
/// is none of, then projected where the embeddings are narrower than the layers. A layer is x = norm(x +
/// attention(x)), x = norm(x + feed_forward(x)); with pre_norm x = x + attention(norm(x)), x = x +
/// feed_forward(norm(x)), and a last norm after all layers. feed_forward(x) = out(activation(in(x))), gated
/// out(activation(in(x)) * gate(x)).
struct EncoderConfig {
  std::string family;  ///< model_type
  std::vector<EncoderLayer> layers;
  std::int64_t layer_weights = 0;  ///< how many layers have weights of their own
  std::int64_t inner_layers = 1;   ///< ALBERT's groups hold so many each, one after the other
  std::int64_t width = 0;
  std::int64_t heads = 0;         ///< a divisor of width
  std::int64_t feed_forward = 0;  ///< width between the two linear maps
  std::int64_t vocabulary = 0;
  std::int64_t embedding_width = 0;
  bool projects_embeddings = false;  ///< from embedding_width to width
  std::int64_t positions = 0;        ///< rows of the table of positions; 0: none
  std::int64_t first_position = 0;   ///< row of a sequence's first token
  /// Tokens of this id have row first_position - 1, and those behind them stand where they would without; -1:
  /// none. (Padding: in batches without any, only a text that spells it out has it.)
  std::int64_t uncounted_token = -1;
  std::int64_t max_tokens = 0;  ///< of a sequence
  std::int64_t types = 0;       ///< rows of the table of token types; 0: none
  Activation activation = Activation::gelu;
  double norm_epsilon = 0;
  bool pre_norm = false;
  bool gated = false;
  bool attention_bias = true;     ///< of query, key, value and output
  bool feed_forward_bias = true;  ///< of in, gate and out
  bool norm_bias = true;
  /// MPNet adds to a score a learnt number for the head and the bucket of key position - query position: half
  /// of the buckets for keys to the right, the first half of each for single distances, the rest in
  /// logarithmic steps up to relative_distance (T5, arXiv:1910.10683).
  std::int64_t relative_buckets = 0;  ///< 0: none
  std::int64_t relative_rows = 0;     ///< of the stored table; at least relative_buckets, the rest is unused
  std::int64_t relative_distance = 0;
};

/// Reads DIRECTORY/config.json. Keys that are missing have the values that transformers gives them. Throws
/// Error{unsupported} naming file, key, value and what is supported, where the file describes something else
/// than an encoder of the families in encoder_family.cpp; Error{file_format} for values that make no sense,
/// and Error{file_not_usable}.
[[nodiscard]] EncoderConfig read_encoder_config(const std::filesystem::path& directory);

}  // namespace saccade::model
