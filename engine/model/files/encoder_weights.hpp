#pragma once

#include <filesystem>
#include <vector>

#include "model/config/encoder_config.hpp"
#include "model/files/weight_files.hpp"

namespace saccade::model {

using ops::LinearView;
using ops::NormView;
using ops::WeightView;

/// The weights of a block, with sizes as in layers::BlockShape; several layers may use the same.
struct BlockWeights {
  LinearView query;             ///< [query_size][hidden_size], head after head
  LinearView key, value;        ///< [key_size][hidden_size]
  LinearView attention_output;  ///< [hidden_size][query_size]
  NormView attention_norm;      ///< [hidden_size]
  LinearView gate;              ///< [intermediate_size][hidden_size], where gated
  LinearView up;                ///< [intermediate_size][hidden_size]
  LinearView down;              ///< [hidden_size][intermediate_size]
  NormView feed_forward_norm;   ///< [hidden_size]
};

/// All tensors that an encoder needs, by what they do. The views are valid as long as `files`.
struct EncoderWeights {
  WeightFiles files;
  WeightView word;                     ///< [vocab_size][embedding_size]
  WeightView position;                 ///< [positions][embedding_size], or none
  WeightView type;                     ///< [type_vocab_size][embedding_size], or none
  NormView embedding_norm;             ///< [embedding_size]
  LinearView embedding_projection;     ///< [hidden_size][embedding_size], or none
  WeightView relative_attention_bias;  ///< [relative_buckets][num_attention_heads], or none
  std::vector<BlockWeights> blocks;    ///< LayerShape::block is an index here
  NormView final_norm;                 ///< [hidden_size], where norms come first
};

/// Finds the weights in a directory, under any of the known prefixes, and checks their shapes. Tensors of
/// heads and decoders are ignored. Throws Error as WeightFiles does, and Error{unsupported} naming a tensor
/// of the embeddings or of a block that the family does not have, such as an adapter's.
[[nodiscard]] EncoderWeights read_encoder_weights(const std::filesystem::path& directory,
                                                  const EncoderConfig& config);

}  // namespace saccade::model
