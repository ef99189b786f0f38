#include "model/files/encoder_weights.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "model/config/encoder_family.hpp"

namespace saccade::model {
namespace {

/// Prefixes of the names where the encoder was saved as a part of a larger model.
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

/// Tensors that transformers computes, and that some files store all the same.
bool is_buffer(std::string_view name) {
  constexpr std::array<std::string_view, 4> buffers = {"position_ids", "token_type_ids", "inv_freq",
                                                       "masked_bias"};
  return std::any_of(buffers.begin(), buffers.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
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
    weights_.blocks.resize(core::as_size(config_.num_blocks));
    for (const layers::LayerShape& layer : config_.layers) {
      BlockWeights& weights = weights_.blocks[layer.block];
      if (!weights.query.weight) weights = read_block(layer);
    }
    weights_.final_norm = norm(names_.final_norm, config_.hidden_size());
    require_all_used();
    return std::move(weights_);
  }

 private:
  /// A tensor of the embeddings or of a block that is not used, such as an adapter's, would change the
  /// result. Heads, and blocks beyond those that config.json counts, are left out as transformers leaves them
  /// out.
  void require_all_used() const {
    std::vector<std::string> scopes = {prefix_ +
                                       std::string(names_.word.substr(0, names_.word.find('.') + 1))};
    for (std::size_t block = 0; block < weights_.blocks.size(); ++block)
      scopes.push_back(prefix_ + block_prefix(block));
    for (const std::string& name : weights_.files.unused()) {
      const auto holds = [&](const std::string& scope) { return name.starts_with(scope); };
      if (is_buffer(name) || std::none_of(scopes.begin(), scopes.end(), holds)) continue;
      throw Error(ErrorCode::unsupported, io::to_string({weights_.files.path(), name}) +
                                              "belongs to the encoder and is not known for model_type '" +
                                              config_.family + "'");
    }
  }

  WeightView tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    return weights_.files.at(prefix_ + name, shape);
  }

  WeightView table(std::string_view name, std::int64_t rows, std::int64_t columns) {
    if (name.empty()) return {};
    return tensor(std::string(name) + ".weight", {rows, columns});
  }

  /// Old files have TensorFlow's names, gamma and beta.
  WeightView norm_tensor(const std::string& name, const std::string& old_name, std::int64_t width) {
    const bool is_old = !weights_.files.has(prefix_ + name) && weights_.files.has(prefix_ + old_name);
    return tensor(is_old ? old_name : name, {width});
  }

  NormView norm(std::string_view name, std::int64_t width) {
    if (name.empty()) return {};
    const std::string base(name);
    NormView view = {norm_tensor(base + ".weight", base + ".gamma", width), {}};
    if (config_.shape.norm.has_bias) view.beta = norm_tensor(base + ".bias", base + ".beta", width);
    return view;
  }

  /// Map number `index` of the `count` maps of the same size whose outputs one tensor holds.
  LinearView linear(const std::string& name, std::int64_t out, std::int64_t in, bool has_bias,
                    std::int64_t index = 0, std::int64_t count = 1) {
    LinearView view;
    view.weight = tensor(name + ".weight", {count * out, in}).slice_rows(index * out, out);
    if (has_bias) view.bias = tensor(name + ".bias", {count * out}).slice_columns(index * out, out);
    return view;
  }

  void read_embeddings() {
    const std::int64_t width = config_.embedding_size, heads = config_.num_attention_heads();
    weights_.word = table(names_.word, config_.vocab_size, width);
    weights_.position = table(names_.position, config_.positions, width);
    weights_.type = table(names_.type, config_.type_vocab_size, width);
    weights_.embedding_norm = norm(names_.embedding_norm, width);
    if (config_.projects_embeddings)
      weights_.embedding_projection =
          linear(std::string(names_.embedding_projection), config_.hidden_size(), width, true);
    WeightView& bias = weights_.relative_attention_bias;
    bias = table(names_.relative_attention_bias, config_.relative_rows, heads);
    if (bias) bias = bias.slice_rows(0, config_.relative_buckets);
  }

  /// names_.layer with the number of the block in place of '#', or of its group and of the layer in it.
  std::string block_prefix(std::size_t block) const {
    std::string name(names_.layer);
    const std::size_t inner = core::as_size(config_.inner_group_num);
    for (const std::size_t number : {block / inner, block % inner}) {
      const std::size_t at = name.find('#');
      if (at != std::string::npos) name.replace(at, 1, std::to_string(number));
    }
    return name;
  }

  void read_attention(const std::string& prefix, BlockWeights& block) {
    const layers::AttentionShape& shape = config_.shape.attention;
    const auto named = [&](std::string_view name) { return prefix + std::string(name); };
    const bool bias = config_.shape.attention_bias, fused = names_.query == names_.value;
    const std::int64_t count = fused ? 3 : 1;
    block.query = linear(named(names_.query), shape.query_size(), shape.hidden_size, bias, 0, count);
    block.key = linear(named(names_.key), shape.key_size(), shape.hidden_size, bias, fused ? 1 : 0, count);
    block.value =
        linear(named(names_.value), shape.key_size(), shape.hidden_size, bias, fused ? 2 : 0, count);
    block.attention_output =
        linear(named(names_.attention_output), shape.hidden_size, shape.query_size(), bias);
  }

  void read_feed_forward(const std::string& prefix, BlockWeights& block) {
    const auto named = [&](std::string_view name) { return prefix + std::string(name); };
    const std::int64_t inner = config_.shape.intermediate_size, hidden = config_.hidden_size();
    const bool bias = config_.shape.mlp_bias, fused = names_.gate == names_.up;
    const std::int64_t count = fused ? 2 : 1;
    if (config_.shape.gated()) block.gate = linear(named(names_.gate), inner, hidden, bias, 0, count);
    block.up = linear(named(names_.up), inner, hidden, bias, fused ? 1 : 0, count);
    block.down = linear(named(names_.down), hidden, inner, bias);
  }

  BlockWeights read_block(const layers::LayerShape& layer) {
    const std::string prefix = block_prefix(layer.block);
    BlockWeights block;
    read_attention(prefix, block);
    if (layer.has_attention_norm)
      block.attention_norm = norm(prefix + std::string(names_.attention_norm), config_.hidden_size());
    read_feed_forward(prefix, block);
    block.feed_forward_norm = norm(prefix + std::string(names_.feed_forward_norm), config_.hidden_size());
    return block;
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
