#include "model/files/self_attention_names.hpp"

#include <algorithm>
#include <array>

#include "model/config/encoder_family.hpp"

namespace saccade::model {
namespace {

/// The first component of a name, with its dot: "attention." of "attention.self.query".
std::string module_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string() : std::string(name.substr(0, dot + 1));
}

SelfAttentionNames names_of(const EncoderFamily& family) {
  const TensorNames& names = family.names;
  SelfAttentionNames layer = {.query = std::string(names.query) + ".",
                              .key = std::string(names.key) + ".",
                              .value = std::string(names.value) + ".",
                              .output = std::string(names.attention_output) + ".",
                              .module = module_of(names.query),
                              .harmless = std::string(names.attention_norm) + "."};
  if (family.positions == Positions::rotary) layer.unsupported = "rotates queries and keys by position";
  if (!names.relative_attention_bias.empty()) layer.unsupported = "adds a bias by relative position";
  return layer;
}

/// Longer names first: the query of one kind of file may end as that of another.
std::vector<SelfAttentionNames> make_known_names() {
  std::vector<SelfAttentionNames> all = {
      {"attn.c_attn.", "attn.c_attn.", "attn.c_attn.", "attn.c_proj.", true, "attn."},
      {"c_attn.", "c_attn.", "c_attn.", "c_proj.", true, ""},
      {"self_attn.in_proj_", "self_attn.in_proj_", "self_attn.in_proj_", "self_attn.out_proj.", false,
       "self_attn."},
      {"in_proj_", "in_proj_", "in_proj_", "out_proj.", false, ""},
      // ViT, DeiT, BEiT, DINOv2
      {"attention.attention.query.", "attention.attention.key.", "attention.attention.value.",
       "attention.output.dense.", false, "attention."},
      {"query.", "key.", "value.", "output.", false, ""},
  };
  for (const EncoderFamily& family : encoder_families()) all.push_back(names_of(family));
  std::stable_sort(all.begin(), all.end(), [](const SelfAttentionNames& a, const SelfAttentionNames& b) {
    return a.query.size() > b.query.size();
  });
  return all;
}

const std::vector<SelfAttentionNames>& known_names() {
  static const std::vector<SelfAttentionNames> names = make_known_names();
  return names;
}

bool ends_with_any(std::string_view text, std::span<const std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}

/// Tensors of data that stand beside a layer in files of tests and of `saccade run`.
bool is_data(std::string_view name) {
  constexpr std::array<std::string_view, 4> names = {"x", "offsets", "z", "context"};
  return std::find(names.begin(), names.end(), name) != names.end() || name.starts_with("probabilities");
}

/// Modules of a transformer block beside its attention, by the first component of their names.
bool is_other_part_of_block(std::string_view name) {
  constexpr std::array<std::string_view, 5> query_key_norms = {"q_norm", "k_norm", "query_norm", "key_norm",
                                                               "qk_norm"};
  constexpr std::array<std::string_view, 9> parts = {
      "norm", "ln_", "mlp", "ffn", "feed_forward", "intermediate", "linear", "fc", "dropout"};
  const std::string_view first = name.substr(0, name.find('.'));
  if (std::any_of(query_key_norms.begin(), query_key_norms.end(),
                  [&](std::string_view norm) { return first.find(norm) != std::string_view::npos; }))
    return false;
  std::string lower(first);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

/// Whether a name is that of a tensor of the file's top level, or of a module there: "bias_k", "sr.weight".
bool is_at_top(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return true;
  constexpr std::array<std::string_view, 2> parameters = {".weight", ".bias"};
  return name.find('.', dot + 1) == std::string_view::npos && ends_with_any(name, parameters);
}

}  // namespace

std::vector<FoundSelfAttention> find_self_attention(std::span<const std::string> tensors) {
  std::vector<FoundSelfAttention> layers;
  for (const std::string& tensor : tensors) {
    for (const SelfAttentionNames& names : known_names()) {
      const std::string query = names.query + "weight";
      if (!tensor.ends_with(query)) continue;
      const std::string prefix = tensor.substr(0, tensor.size() - query.size());
      if (!prefix.empty() && !prefix.ends_with('.')) continue;
      layers.push_back({prefix, &names});
      break;
    }
  }
  return layers;
}

bool may_belong_to(const FoundSelfAttention& layer, std::string_view tensor) {
  if (!tensor.starts_with(layer.prefix)) return false;
  const std::string_view name = tensor.substr(layer.prefix.size());
  const SelfAttentionNames& names = *layer.names;
  // Buffers of GPT-2: the causal mask, and the number that hides a score.
  constexpr std::array<std::string_view, 3> buffers = {".masked_bias", "attn.bias", "position_ids"};
  if (ends_with_any(tensor, buffers)) return false;
  if (!names.module.empty())
    return name.starts_with(names.module) && (names.harmless.empty() || !name.starts_with(names.harmless));
  if (is_data(name) || is_other_part_of_block(name)) return false;
  return !layer.prefix.empty() || is_at_top(name);
}

}  // namespace saccade::model
