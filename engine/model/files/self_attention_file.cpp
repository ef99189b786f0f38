#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/floating_point.hpp"
#include "core/printable.hpp"
#include "core/public_call.hpp"
#include "io/formats/storage_types.hpp"
#include "layers/packed_self_attention.hpp"
#include "model/files/self_attention_names.hpp"
#include "model/files/weight_files.hpp"
#include "saccade/error.hpp"
#include "saccade/self_attention.hpp"

namespace saccade {
namespace {

using model::FoundSelfAttention;

constexpr const char* expected_names =
    "query.weight, attention.self.query.weight (BERT), in_proj_weight (torch.nn.MultiheadAttention) or "
    "attn.c_attn.weight (GPT-2)";

std::string list_of(const std::vector<FoundSelfAttention>& layers) {
  constexpr std::size_t shown = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(layers.size(), shown); ++i)
    text += (i == 0 ? "\"" : ", \"") + core::printable(layers[i].prefix) + "\"";
  if (layers.size() > shown) text += " and " + std::to_string(layers.size() - shown) + " more";
  return text;
}

class SelfAttentionReader {
 public:
  SelfAttentionReader(const std::filesystem::path& path, const SelfAttentionFile& options)
      : files_(model::WeightFiles::open_file(path)),
        options_(options),
        layer_(find_layer(options.prefix)),
        names_(*layer_.names) {}

  /// The layer's maps, valid as long as the reader.
  [[nodiscard]] layers::SelfAttentionViews read() {
    if (!names_.unsupported.empty())
      throw Error(ErrorCode::unsupported, files_.path().string() + ": the layer of " + layer_.query_weight() +
                                              " " + names_.unsupported + ", which SelfAttention does not");
    const bool fused = names_.query == names_.value;
    const std::int64_t count = fused ? 3 : 1;
    layers::SelfAttentionViews views = {.query = linear(names_.query, 0, count),
                                        .key = linear(names_.key, fused ? 1 : 0, count),
                                        .value = linear(names_.value, fused ? 2 : 0, count),
                                        .output = {}};
    require_same_shape(names_.key, views.key, views.query);
    require_same_shape(names_.value, views.value, views.query);
    require_heads(views.query);
    if (options_.has_output_projection) views.output = read_output(views.value);
    require_all_used();
    return views;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::file_format, files_.path().string() + ": " + message);
  }

  [[nodiscard]] std::string name(std::string_view map, std::string_view tensor) const {
    return layer_.prefix + std::string(map) + std::string(tensor);
  }

  [[nodiscard]] FoundSelfAttention find_layer(std::string prefix) const {
    if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
    const std::vector<FoundSelfAttention> layers = model::find_self_attention(files_.names());
    if (!prefix.empty()) {
      for (const FoundSelfAttention& layer : layers)
        if (is_prefix_of(prefix, layer)) return layer;
      fail("no self-attention layer has the prefix \"" + core::printable(prefix) + "\"" +
           (layers.empty() ? std::string() : "; there are " + list_of(layers)));
    }
    if (layers.empty())
      fail("no self-attention layer: expected tensors named " + std::string(expected_names));
    if (layers.size() > 1)
      fail("holds " + std::to_string(layers.size()) +
           " self-attention layers; choose one by its prefix: " + list_of(layers));
    return layers.front();
  }

  /// A prefix may end within the layer's names, as "encoder.layer.0.attention.self." does.
  [[nodiscard]] static bool is_prefix_of(const std::string& prefix, const FoundSelfAttention& layer) {
    return prefix.size() >= layer.prefix.size() && layer.query_weight().starts_with(prefix);
  }

  void require_heads(const ops::LinearView& query) const {
    if (options_.heads >= 1 && query.out() % options_.heads == 0) return;
    fail(name(names_.query, "weight") + " gives " + std::to_string(query.out()) + " values a token, which " +
         std::to_string(options_.heads) + " heads do not divide");
  }

  [[nodiscard]] ops::LinearView read_output(const ops::LinearView& value) {
    const std::string weight = name(names_.output, "weight");
    if (!files_.has(weight))
      fail(weight +
           " is missing; expected the layer's output projection, or a caller who says that it has none");
    ops::LinearView output = linear(names_.output, 0, 1);
    if (output.in() != value.out())
      fail(weight + " takes " + std::to_string(output.in()) + " values a token; expected " +
           std::to_string(value.out()) + ", as " + name(names_.value, "weight") + " gives");
    return output;
  }

  /// A tensor of the layer that is not used would change its result.
  void require_all_used() const {
    for (const std::string& tensor : files_.unused()) {
      if (!options_.has_output_projection && tensor.starts_with(layer_.prefix + names_.output)) continue;
      if (!model::may_belong_to(layer_, tensor)) continue;
      throw Error(ErrorCode::unsupported,
                  files_.path().string() + ": tensor '" + core::printable(tensor) +
                      "' belongs to the layer and is not known here; known are weights and "
                      "biases of the query, key, value and output maps");
    }
  }

  /// Map number `index` of the `count` maps whose outputs a tensor holds one after the other.
  [[nodiscard]] ops::LinearView linear(std::string_view map, std::int64_t index, std::int64_t count) {
    const std::string tensor = name(map, "weight");
    const bool input_major = names_.input_major;
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
         name(names_.query, "weight"));
  }

  model::WeightFiles files_;
  const SelfAttentionFile& options_;
  FoundSelfAttention layer_;
  const model::SelfAttentionNames& names_;
};

}  // namespace

SelfAttention SelfAttention::load(Engine& engine, const std::filesystem::path& path,
                                  const SelfAttentionFile& file) try {
  const core::DefaultFloatingPoint environment;
  SelfAttentionReader reader(path, file);
  const layers::SelfAttentionViews views = reader.read();
  return SelfAttention(std::make_unique<const State>(
      State{layers::pack_self_attention(scheduler::context_of(engine), views, file.heads)}));
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
