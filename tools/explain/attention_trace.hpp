#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "map/model_text.hpp"

namespace saccade::command {

/// One head's attention over a text, as the engine has it: every matrix row by row.
struct AttentionTrace {
  std::vector<std::string> tokens;
  std::int64_t layer = 0, head = 0, head_dim = 0;
  std::int64_t width = 0;  ///< of input
  LayerAttention attention = {};
  std::vector<float> input;                  ///< [tokens][width]: x
  std::vector<float> queries, keys, values;  ///< [tokens][head_dim]: Q, K, V; Q and K rotated, where they are
  std::vector<float> scaled;                 ///< [tokens][tokens]: Q K^T / sqrt(head_dim)
  std::vector<float> biased;                 ///< the same after biases and windows; -infinity hides
  std::vector<float> probabilities;          ///< [tokens][tokens]
  std::vector<float> context;                ///< [tokens][head_dim]: z

  [[nodiscard]] std::span<const float> row(const std::vector<float>& matrix, std::int64_t row) const;
};

/// Throws Error{invalid_argument} for a layer or head that the model has not.
[[nodiscard]] AttentionTrace trace_attention(ModelText& text, std::int64_t layer, std::int64_t head);

}  // namespace saccade::command
