#include "model/files/encoder_weights.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "model/config/encoder_family.hpp"

namespace saccade::model {
namespace {

/// What stands before the names where the encoder was saved as a part of a larger model.
constexpr std::string_view prefixes[] = {"",       "bert.",    "roberta.", "distilbert.",
                                         "mpnet.", "electra.", "albert.",  "model."};

std::string find_prefix(const WeightFiles& files, std::string_view word) {
  const std::string name = std::string(word) + ".weight";
  std::string tried;
  for (const std::string_view prefix : prefixes) {
    if (files.has(std::string(prefix) + name)) return std::string(prefix);
    if (!prefix.empty()) tried += (tried.empty() ? "" : ", ") + std::string(prefix);
  }
  throw io::format_error({files.path(), name}, "is missing, also with one of these before it: " + tried);
}

class Reader {
 public:
  Reader(const std::filesystem::path& directory, const EncoderConfig& config)
      : config_(config), names_(find_family(config.family)->names) {
    weights_.files = WeightFiles(directory);
    prefix_ = find_prefix(weights_.files, names_.word);
  }

  [[nodiscard]] EncoderWeights read() {
    read_embeddings();
    weights_.layers.resize(core::as_size(config_.layer_weights));
    for (const EncoderLayer& layer : config_.layers) {
      EncoderLayerWeights& weights = weights_.layers[core::as_size(layer.weights)];
      if (!weights.query.weight) weights = read_layer(layer);
    }
    weights_.final_norm = norm(names_.final_norm, config_.width);
    return std::move(weights_);
  }

 private:
  WeightView tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    return weights_.files.at(prefix_ + name, shape);
  }

  WeightView table(std::string_view name, std::int64_t rows, std::int64_t columns) {
    if (name.empty()) return {};
    return tensor(std::string(name) + ".weight", {rows, columns});
  }

  /// What TensorFlow called gamma and beta is so called in old files.
  WeightView norm_tensor(const std::string& name, const std::string& old_name, std::int64_t width) {
    const bool is_old = !weights_.files.has(prefix_ + name) && weights_.files.has(prefix_ + old_name);
    return tensor(is_old ? old_name : name, {width});
  }

  NormView norm(std::string_view name, std::int64_t width) {
    if (name.empty()) return {};
    const std::string base(name);
    NormView view = {norm_tensor(base + ".weight", base + ".gamma", width), {}};
    if (config_.norm_bias) view.beta = norm_tensor(base + ".bias", base + ".beta", width);
    return view;
  }

  /// Map number `part` of the `parts` of the same size whose rows one tensor holds.
  LinearView linear(const std::string& name, std::int64_t out, std::int64_t in, bool has_bias,
                    std::int64_t part = 0, std::int64_t parts = 1) {
    LinearView view;
    view.weight = tensor(name + ".weight", {parts * out, in}).part(part * out * in, out, in);
    if (has_bias) view.bias = tensor(name + ".bias", {parts * out}).part(part * out, 1, out);
    return view;
  }

  void read_embeddings() {
    const std::int64_t width = config_.embedding_width;
    weights_.word = table(names_.word, config_.vocabulary, width);
    weights_.position = table(names_.position, config_.positions, width);
    weights_.type = table(names_.type, config_.types, width);
    weights_.embedding_norm = norm(names_.embedding_norm, width);
    if (config_.projects_embeddings)
      weights_.embedding_projection =
          linear(std::string(names_.embedding_projection), config_.width, width, true);
    weights_.relative_bias = table(names_.relative_bias, config_.relative_rows, config_.heads);
    if (weights_.relative_bias)
      weights_.relative_bias = weights_.relative_bias.part(0, config_.relative_buckets, config_.heads);
  }

  /// The numbers in place of names_.layer's '#': of the layer, or of its group and of the layer in it.
  std::string layer_prefix(std::int64_t weights) const {
    std::string name(names_.layer);
    for (const std::int64_t number : {weights / config_.inner_layers, weights % config_.inner_layers}) {
      const std::size_t at = name.find('#');
      if (at != std::string::npos) name.replace(at, 1, std::to_string(number));
    }
    return name;
  }

  EncoderLayerWeights read_layer(const EncoderLayer& layer) {
    const std::string prefix = layer_prefix(layer.weights);
    const auto named = [&](std::string_view name) { return prefix + std::string(name); };
    const std::int64_t width = config_.width, between = config_.feed_forward;
    const bool bias = config_.attention_bias, fused = names_.query == names_.value;
    const std::int64_t thirds = fused ? 3 : 1, halves = config_.gated ? 2 : 1;
    EncoderLayerWeights view;
    view.query = linear(named(names_.query), width, width, bias, 0, thirds);
    view.key = linear(named(names_.key), width, width, bias, fused ? 1 : 0, thirds);
    view.value = linear(named(names_.value), width, width, bias, fused ? 2 : 0, thirds);
    view.attention_output = linear(named(names_.attention_output), width, width, bias);
    if (layer.has_attention_norm) view.attention_norm = norm(named(names_.attention_norm), width);
    view.feed_forward_in =
        linear(named(names_.feed_forward_in), between, width, config_.feed_forward_bias, 0, halves);
    if (config_.gated)
      view.feed_forward_gate =
          linear(named(names_.feed_forward_in), between, width, config_.feed_forward_bias, 1, halves);
    view.feed_forward_out = linear(named(names_.feed_forward_out), width, between, config_.feed_forward_bias);
    view.feed_forward_norm = norm(named(names_.feed_forward_norm), width);
    return view;
  }

  const EncoderConfig& config_;
  const TensorNames& names_;
  std::string prefix_;
  EncoderWeights weights_;
};

}  // namespace

EncoderWeights read_encoder_weights(const std::filesystem::path& directory, const EncoderConfig& config) {
  return Reader(directory, config).read();
}

}  // namespace saccade::model
