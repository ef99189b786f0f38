#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/floating_point.hpp"
#include "io/formats/storage_types.hpp"
#include "layers/packed_self_attention.hpp"
#include "model/files/weight_files.hpp"
#include "saccade/error.hpp"
#include "saccade/self_attention.hpp"

namespace saccade {
namespace {

/// Names that a kind of file gives a self-attention layer's tensors, behind a prefix.
struct Naming {
  std::string_view query, key,
      value;  ///< tensors `<name>weight` and `<name>bias`; the same name: fused, one after the other
  std::string_view output;
  bool input_major;  ///< stored [in][out]
};

/// Specific names first: names of other kinds of files also end in "query.".
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

/// The prefix and naming of the layer whose query weight has this tensor name.
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
      : files_(model::WeightFiles::open_file(path)),
        heads_(options.heads),
        layer_(find_layer(options.prefix)) {}

  /// The layer's maps, valid as long as the reader.
  [[nodiscard]] layers::SelfAttentionViews read() {
    const Naming& naming = *layer_.naming;
    const bool fused = naming.query == naming.value;
    const std::int64_t count = fused ? 3 : 1;
    layers::SelfAttentionViews views = {.query = linear(naming.query, 0, count),
                                        .key = linear(naming.key, fused ? 1 : 0, count),
                                        .value = linear(naming.value, fused ? 2 : 0, count),
                                        .output = {}};
    require_same_shape(naming.key, views.key, views.query);
    require_same_shape(naming.value, views.value, views.query);
    if (heads_ < 1 || views.query.out() % heads_ != 0)
      fail(name(naming.query, "weight") + " gives " + std::to_string(views.query.out()) +
           " values a token, which " + std::to_string(heads_) + " heads do not divide");
    if (!files_.has(name(naming.output, "weight"))) return views;
    views.output = linear(naming.output, 0, 1);
    if (views.output.in() != views.value.out())
      fail(name(naming.output, "weight") + " takes " + std::to_string(views.output.in()) +
           " values a token; expected " + std::to_string(views.value.out()) + ", as " +
           name(naming.value, "weight") + " gives");
    return views;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::file_format, files_.path().string() + ": " + message);
  }

  [[nodiscard]] std::string name(std::string_view map, std::string_view tensor) const {
    return layer_.prefix + std::string(map) + std::string(tensor);
  }

  [[nodiscard]] FoundLayer find_layer(std::string prefix) const {
    if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
    std::vector<FoundLayer> layers;
    for (const std::string& tensor : files_.names()) {
      std::optional<FoundLayer> layer = layer_of(tensor);
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

  /// A prefix that ends within the names of a naming, as "encoder.layer.0.attention.self".
  [[nodiscard]] std::optional<FoundLayer> named_from_within(const std::string& prefix) const {
    for (const Naming& naming : namings) {
      if (files_.has(prefix + std::string(naming.query) + "weight")) return FoundLayer{prefix, &naming};
    }
    return std::nullopt;
  }

  /// Map number `index` of the `count` maps whose outputs a tensor holds one after the other.
  [[nodiscard]] ops::LinearView linear(std::string_view map, std::int64_t index, std::int64_t count) {
    const std::string tensor = name(map, "weight");
    const bool input_major = layer_.naming->input_major;
    const std::vector<std::int64_t> shape = weight_shape(tensor);
    const std::int64_t all = shape[input_major ? 1 : 0], in = shape[input_major ? 0 : 1];
    if (all < count || all % count != 0 || in < 1)
      fail(tensor + " is [" + std::to_string(shape[0]) + ", " + std::to_string(shape[1]) + "]; expected " +
           (count == 1 ? "no empty dimension" : "outputs in 3 equal parts"));
    const std::int64_t out = all / count;
    const ops::WeightView weight = files_.at(tensor, shape), bias = find_bias(name(map, "bias"), all);
    return {
        .weight = input_major ? weight.slice_columns(index * out, out) : weight.slice_rows(index * out, out),
        .bias = bias ? bias.slice_columns(index * out, out) : bias,
        .input_major = input_major};
  }

  [[nodiscard]] std::vector<std::int64_t> weight_shape(const std::string& tensor) const {
    const std::vector<std::int64_t>* const shape = files_.find_shape(tensor);
    if (shape == nullptr) fail(tensor + " is missing");
    if (shape->size() != 2)
      fail(tensor + " has " + std::to_string(shape->size()) + " dimensions; expected 2");
    return *shape;
  }

  /// [all], or none.
  [[nodiscard]] ops::WeightView find_bias(const std::string& tensor, std::int64_t all) {
    const std::vector<std::int64_t>* const shape = files_.find_shape(tensor);
    if (shape == nullptr) return {};
    if (*shape != std::vector<std::int64_t>{all})
      fail(tensor + " is " + io::shape_text(*shape) + " in " + std::to_string(shape->size()) +
           " dimensions; expected [" + std::to_string(all) + "], as its weight has outputs");
    return files_.at(tensor, *shape);
  }

  void require_same_shape(std::string_view map, const ops::LinearView& got,
                          const ops::LinearView& query) const {
    if (got.out() == query.out() && got.in() == query.in()) return;
    fail(name(map, "weight") + " maps " + std::to_string(got.in()) + " to " + std::to_string(got.out()) +
         " values; expected " + std::to_string(query.in()) + " to " + std::to_string(query.out()) + ", as " +
         name(layer_.naming->query, "weight"));
  }

  model::WeightFiles files_;
  std::int64_t heads_;
  FoundLayer layer_;
};

}  // namespace

SelfAttention SelfAttention::load(Engine& engine, const std::filesystem::path& path,
                                  const SelfAttentionFile& file) {
  const core::DefaultFloatingPoint environment;
  SelfAttentionReader reader(path, file);
  const layers::SelfAttentionViews views = reader.read();
  return SelfAttention(std::make_unique<const State>(
      State{layers::pack_self_attention(scheduler::context_of(engine), views, file.heads)}));
}

}  // namespace saccade
