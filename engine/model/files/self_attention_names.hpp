#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saccade::model {

/// The names of a self-attention layer's tensors in one kind of file, after a prefix. A map has the tensors
/// `<name>weight` and `<name>bias`. Where query, key and value have the same name they are one tensor, one
/// after the other.
struct SelfAttentionNames {
  std::string query, key, value, output;
  bool input_major = false;  ///< weights are stored [in][out]
  std::string module;  ///< the beginning of all names of the attention module; empty: the names have none
  std::string harmless = {};  ///< the beginning of names in the module that do not belong to self-attention
  /// What the layer computes beside softmax(q k / sqrt(d)) v; empty: nothing.
  std::string unsupported = {};
};

/// A layer of a file.
struct FoundSelfAttention {
  std::string prefix;
  const SelfAttentionNames* names = nullptr;

  [[nodiscard]] std::string query_weight() const { return prefix + names->query + "weight"; }
};

/// All layers among the tensors: by saccade's own names, as torch.nn.MultiheadAttention and GPT-2 name them,
/// as the encoder families do (encoder_family.hpp), and as ViT does.
[[nodiscard]] std::vector<FoundSelfAttention> find_self_attention(std::span<const std::string> tensors);

/// Whether a tensor that the layer does not use stands where a part of its attention would: under the
/// attention module's name, or, where the names have no module, beside the maps. What belongs to other parts
/// of a transformer block (norms, feed-forward), causal mask buffers of GPT-2, and tensors of data (x,
/// offsets, z, context, probabilities) do not.
[[nodiscard]] bool may_belong_to(const FoundSelfAttention& layer, std::string_view tensor);

}  // namespace saccade::model
