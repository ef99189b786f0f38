#pragma once

#include <filesystem>
#include <vector>

#include "model/config/encoder_config.hpp"
#include "model/files/weight_files.hpp"

namespace saccade::model {

/// The weights of a layer; several layers may use the same.
struct EncoderLayerWeights {
  LinearView query, key, value;  ///< [width][width], head after head
  LinearView attention_output;   ///< [width][width]
  NormView attention_norm;       ///< [width]; with pre_norm before the attention, else after its residual sum
  LinearView feed_forward_in;    ///< [feed_forward][width]
  LinearView feed_forward_gate;  ///< the same, where gated
  LinearView feed_forward_out;   ///< [width][feed_forward]
  NormView feed_forward_norm;    ///< as attention_norm
};

/// All tensors that an encoder needs, by what they do. The views are valid as long as `files`.
struct EncoderWeights {
  WeightFiles files;
  WeightView word;                          ///< [vocabulary][embedding_width]
  WeightView position;                      ///< [positions][embedding_width], or none
  WeightView type;                          ///< [types][embedding_width], or none
  NormView embedding_norm;                  ///< [embedding_width]
  LinearView embedding_projection;          ///< [width][embedding_width], or none
  WeightView relative_bias;                 ///< [relative_buckets][heads], or none
  std::vector<EncoderLayerWeights> layers;  ///< EncoderLayer::weights counts here
  NormView final_norm;                      ///< [width], with pre_norm
};

/// Finds the weights in a directory, whatever module's name stands before theirs, and checks their shapes.
/// Tensors that an encoder has no use for are ignored. Throws Error as WeightFiles does.
[[nodiscard]] EncoderWeights read_encoder_weights(const std::filesystem::path& directory,
                                                  const EncoderConfig& config);

}  // namespace saccade::model
