#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "layers/block_shape.hpp"

namespace saccade::model {

using kernels::Activation;

/// A transformer encoder as config.json describes it, whatever the family, by transformers' names.
///
/// Hidden states begin as norm(word[id] + type[type_id] + position[first_position + i]), without the tables
/// that a model lacks, then projected where the embeddings are narrower than the layers. layers::BlockShape
/// says what a layer computes.
struct EncoderConfig {
  std::string family;        ///< model_type
  layers::BlockShape shape;  ///< of every layer
  std::vector<layers::LayerShape> layers;
  std::int64_t num_blocks = 0;       ///< layers with weights of their own
  std::int64_t inner_group_num = 1;  ///< consecutive layers in each of ALBERT's groups
  std::int64_t vocab_size = 0;
  std::int64_t embedding_size = 0;
  bool projects_embeddings = false;  ///< from embedding_size to hidden_size
  std::int64_t positions = 0;        ///< rows of the table of positions; 0: none
  std::int64_t first_position = 0;   ///< row of a sequence's first token
  /// Tokens of this id have row first_position - 1 and are not counted by the positions of those that follow;
  /// -1: there is no such token. It is padding, which a ragged batch has only where a text spells it out.
  std::int64_t pad_token_id = -1;
  std::int64_t max_tokens = 0;       ///< of a sequence
  std::int64_t type_vocab_size = 0;  ///< rows of the table of token types; 0: none
  /// MPNet adds to a score a learnt number for the head and the bucket of key position - query position: half
  /// of the buckets for keys to the right, the first half of each for single distances, the rest in
  /// logarithmic steps up to relative_distance (T5, arXiv:1910.10683).
  std::int64_t relative_buckets = 0;  ///< 0: none
  std::int64_t relative_rows = 0;     ///< of the stored table; at least relative_buckets, the rest is unused
  std::int64_t relative_distance = 0;

  [[nodiscard]] std::int64_t hidden_size() const noexcept { return shape.attention.hidden_size; }
  [[nodiscard]] std::int64_t num_attention_heads() const noexcept {
    return shape.attention.num_attention_heads;
  }
};

/// Reads DIRECTORY/config.json. Keys that are missing have the values that transformers gives them. Throws
/// Error{unsupported} naming file, key, value and what is supported, where the file describes something else
/// than an encoder of the families in encoder_family.cpp, or has a key that could change the result and is
/// not used; Error{file_format} for impossible values, and Error{file_not_usable}.
[[nodiscard]] EncoderConfig read_encoder_config(const std::filesystem::path& directory);

}  // namespace saccade::model
