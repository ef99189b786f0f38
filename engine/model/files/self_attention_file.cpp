#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/as_size.hpp"
#include "saccade/error.hpp"
#include "saccade/self_attention.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade {
namespace {

using core::as_size;

/// Names that a kind of file gives a self-attention layer's tensors, behind a prefix.
struct Naming {
  std::string_view query, key,
      value;  ///< tensors `<name>weight` and `<name>bias`; the same name: fused, one after the other
  std::string_view output;
  bool input_major;  ///< stored [in][out]
};

/// The most telling name first: "query." alone ends the names of other kinds, too.
constexpr Naming namings[] = {
    {"attention.self.query.", "attention.self.key.", "attention.self.value.", "attention.output.dense.",
     false},
    {"attn.c_attn.", "attn.c_attn.", "attn.c_attn.", "attn.c_proj.", true},
    {"c_attn.", "c_attn.", "c_attn.", "c_proj.", true},
    {"self_attn.in_proj_", "self_attn.in_proj_", "self_attn.in_proj_", "self_attn.out_proj.", false},
    {"in_proj_", "in_proj_", "in_proj_", "out_proj.", false},
    {"query.", "key.", "value.", "output.", false},
};

constexpr std::string_view known_names =
    "query.weight, attention.self.query.weight (BERT), in_proj_weight (torch.nn.MultiheadAttention) or "
    "attn.c_attn.weight (GPT-2)";

struct FoundLayer {
  std::string prefix;
  const Naming* naming;
};

/// Where a tensor is the query weight of a layer: the prefix and naming.
std::optional<FoundLayer> layer_of(std::string_view tensor) {
  for (const Naming& naming : namings) {
    const std::string query = std::string(naming.query) + "weight";
    if (!tensor.ends_with(query)) continue;
    const std::string_view prefix = tensor.substr(0, tensor.size() - query.size());
    if (prefix.empty() || prefix.ends_with('.')) return FoundLayer{std::string(prefix), &naming};
  }
  return std::nullopt;
}

std::string list_of(const std::vector<FoundLayer>& layers) {
  constexpr std::size_t shown = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(layers.size(), shown); ++i)
    text += (i == 0 ? "\"" : ", \"") + layers[i].prefix + "\"";
  if (layers.size() > shown) text += " and " + std::to_string(layers.size() - shown) + " more";
  return text;
}

class SelfAttentionReader {
 public:
  SelfAttentionReader(const std::filesystem::path& path, const SelfAttentionFile& options)
      : file_(TensorFile::open(path)), heads_(options.heads), layer_(find_layer(options.prefix)) {}

  [[nodiscard]] SelfAttention load(Engine& engine) {
    const Naming& naming = *layer_.naming;
    const bool fused = naming.query == naming.value;
    const std::int64_t parts = fused ? 3 : 1;
    const Linear query = read(naming.query, parts, 0);
    const Linear key = read(naming.key, parts, fused ? 1 : 0);
    const Linear value = read(naming.value, parts, fused ? 2 : 0);
    require_same_shape(naming.key, key, query);
    require_same_shape(naming.value, value, query);
    if (heads_ < 1 || query.view.out % heads_ != 0)
      fail(name(naming.query, "weight") + " gives " + std::to_string(query.view.out) +
           " values a token, which " + std::to_string(heads_) + " heads do not divide");
    SelfAttentionWeights weights = {.query = query.view, .key = key.view, .value = value.view, .output = {}};
    std::optional<Linear> output;
    if (file_.find(name(naming.output, "weight")) != nullptr) {
      output = read(naming.output, 1, 0);
      weights.output = output->view;
      if (output->view.in != value.view.out)
        fail(name(naming.output, "weight") + " takes " + std::to_string(output->view.in) +
             " values a token; expected " + std::to_string(value.view.out) + ", as " +
             name(naming.value, "weight") + " gives");
    }
    return SelfAttention(engine, weights, heads_);
  }

 private:
  /// A map read from the file, and the view of it that the layer takes.
  struct Linear {
    std::vector<float> weight, bias;
    LinearWeights view;
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::file_format, file_.path().string() + ": " + message);
  }

  [[nodiscard]] std::string name(std::string_view map, std::string_view tensor) const {
    return layer_.prefix + std::string(map) + std::string(tensor);
  }

  [[nodiscard]] FoundLayer find_layer(std::string prefix) const {
    if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
    std::vector<FoundLayer> layers;
    for (const TensorInfo& tensor : file_.tensors()) {
      std::optional<FoundLayer> layer = layer_of(tensor.name);
      if (!layer) continue;
      if (!prefix.empty() && layer->prefix == prefix) return *layer;
      layers.push_back(std::move(*layer));
    }
    if (!prefix.empty()) {
      if (const std::optional<FoundLayer> layer = named_from_within(prefix)) return *layer;
      fail("no self-attention layer has the prefix \"" + prefix + "\"" +
           (layers.empty() ? std::string() : "; there are " + list_of(layers)));
    }
    if (layers.empty()) fail("no self-attention layer: expected tensors named " + std::string(known_names));
    if (layers.size() > 1)
      fail("holds " + std::to_string(layers.size()) +
           " self-attention layers; choose one by its prefix: " + list_of(layers));
    return layers.front();
  }

  /// A prefix that reaches into the names, as "encoder.layer.0.attention.self".
  [[nodiscard]] std::optional<FoundLayer> named_from_within(const std::string& prefix) const {
    for (const Naming& naming : namings) {
      if (file_.find(prefix + std::string(naming.query) + "weight") != nullptr)
        return FoundLayer{prefix, &naming};
    }
    return std::nullopt;
  }

  /// Map number `part` of the `parts` that a tensor holds.
  [[nodiscard]] Linear read(std::string_view map, std::int64_t parts, std::int64_t part) const {
    const TensorInfo& info = file_.at(name(map, "weight"));
    if (info.shape.size() != 2)
      fail(info.name + " has " + std::to_string(info.shape.size()) + " dimensions; expected 2");
    const std::int64_t rows = info.shape[0], columns = info.shape[1];
    const std::int64_t all = layer_.naming->input_major ? columns : rows,
                       in = layer_.naming->input_major ? rows : columns;
    if (all < parts || all % parts != 0 || in < 1)
      fail(info.name + " is [" + std::to_string(rows) + ", " + std::to_string(columns) + "]; expected " +
           (parts == 1 ? "no empty dimension" : "outputs in 3 equal parts"));
    Linear linear;
    linear.view.out = all / parts;
    linear.view.in = in;
    linear.view.input_major = layer_.naming->input_major;
    linear.weight = layer_.naming->input_major ? read_columns(info, linear.view, part)
                                               : read_rows(info, linear.view, part);
    linear.bias = read_bias(name(map, "bias"), all, linear.view.out, part);
    linear.view.weight = linear.weight;
    linear.view.bias = linear.bias;
    return linear;
  }

  [[nodiscard]] std::vector<float> read_rows(const TensorInfo& info, const LinearWeights& map,
                                             std::int64_t part) const {
    std::vector<float> weight(as_size(map.out * map.in));
    file_.read(info.name, part * map.out * map.in, weight);
    return weight;
  }

  /// A part of the columns of a weight stored [in][out].
  [[nodiscard]] std::vector<float> read_columns(const TensorInfo& info, const LinearWeights& map,
                                                std::int64_t part) const {
    std::vector<float> weight(core::as_size(map.out * map.in));
    for (std::int64_t i = 0; i < map.in; ++i)
      file_.read(info.name, i * info.shape[1] + part * map.out,
                 std::span(weight).subspan(core::as_size(i * map.out), core::as_size(map.out)));
    return weight;
  }

  [[nodiscard]] std::vector<float> read_bias(const std::string& tensor, std::int64_t all, std::int64_t out,
                                             std::int64_t part) const {
    const TensorInfo* info = file_.find(tensor);
    if (info == nullptr) return {};
    if (info->shape != std::vector<std::int64_t>{all})
      fail(tensor + " has " + std::to_string(info->elements()) + " elements in " +
           std::to_string(info->shape.size()) + " dimensions; expected [" + std::to_string(all) +
           "], as its weight has outputs");
    std::vector<float> bias(as_size(out));
    file_.read(tensor, part * out, bias);
    return bias;
  }

  void require_same_shape(std::string_view map, const Linear& got, const Linear& query) const {
    if (got.view.out == query.view.out && got.view.in == query.view.in) return;
    fail(name(map, "weight") + " maps " + std::to_string(got.view.in) + " to " +
         std::to_string(got.view.out) + " values; expected " + std::to_string(query.view.in) + " to " +
         std::to_string(query.view.out) + ", as " + name(layer_.naming->query, "weight"));
  }

  TensorFile file_;
  std::int64_t heads_;
  FoundLayer layer_;
};

}  // namespace

SelfAttention SelfAttention::load(Engine& engine, const std::filesystem::path& path,
                                  const SelfAttentionFile& file) {
  return SelfAttentionReader(path, file).load(engine);
}

}  // namespace saccade
