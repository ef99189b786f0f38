#include "model/config/encoder_layers.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "core/as_size.hpp"

namespace saccade::model {
namespace {

using core::as_size;

/// More layers than any encoder has, and few enough to be described one by one.
constexpr io::WholeRange layer_count = {.least = 1, .most = 10'000};

constexpr std::string_view full = "full_attention", sliding = "sliding_attention";

/// ALBERT: layer i of the num_hidden_layers runs through all inner_group_num layers of group
/// floor(i / (layers / groups)), a quotient of doubles as in transformers.
void share_layers(const io::JsonValue& config, std::int64_t count, EncoderConfig& encoder) {
  const std::int64_t groups = config.whole("num_hidden_groups", 1, {.least = 1, .most = layer_count.most});
  encoder.inner_group_num = config.whole("inner_group_num", 1, {.least = 1, .most = 100});
  encoder.num_blocks = groups * encoder.inner_group_num;
  const double layers_per_group = static_cast<double>(count) / static_cast<double>(groups);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto group = static_cast<std::int64_t>(static_cast<double>(i) / layers_per_group);
    for (std::int64_t inner = 0; inner < encoder.inner_group_num; ++inner)
      encoder.layers.push_back({.block = as_size(group * encoder.inner_group_num + inner)});
  }
}

void make_separate_layers(std::int64_t count, EncoderConfig& encoder) {
  encoder.num_blocks = count;
  for (std::int64_t i = 0; i < count; ++i) encoder.layers.push_back({.block = as_size(i)});
}

/// Which layers have a window: listed by layer_types, or, in older files, all but every n-th.
std::vector<bool> read_slides(const io::JsonValue& config, std::size_t count) {
  std::vector<bool> slides;
  if (config.has("layer_types")) {
    for (const std::string& type : config.at("layer_types").texts()) {
      if (type != full && type != sliding)
        throw config.unsupported("layer_types", std::string(full) + ", " + std::string(sliding));
      slides.push_back(type == sliding);
    }
    if (slides.size() != count)
      throw config.wrong("layer_types", std::to_string(count) + " texts, one for each layer");
    return slides;
  }
  const std::int64_t every = config.whole("global_attn_every_n_layers", 3, {.least = 1});
  for (std::size_t i = 0; i < count; ++i) slides.push_back(i % as_size(every) != 0);
  return slides;
}

/// Refuses an object that scales positions.
void require_plain_rope(const io::JsonValue& rope) {
  for (const char* key : {"rope_type", "type"}) {
    if (rope.text(key, "default") != "default") throw rope.unsupported(key, "default");
  }
}

double require_positive(const io::JsonValue& config, std::string_view key, double theta) {
  if (theta > 0) return theta;
  throw config.wrong(key, "a number above 0");
}

/// The base of the rotary angles for a type of layer: in rope_parameters, or, in older files, under a key of
/// its own.
double read_theta(const io::JsonValue& config, std::string_view type, std::string_view old_key,
                  double otherwise) {
  if (config.has("rope_parameters")) {
    const io::JsonValue parameters = config.at("rope_parameters");
    require_plain_rope(parameters);
    if (parameters.has("rope_theta"))
      throw parameters.unsupported(
          "rope_theta", "an object for each of " + std::string(full) + " and " + std::string(sliding));
    if (parameters.has(type)) {
      const io::JsonValue rope = parameters.at(type);
      require_plain_rope(rope);
      if (rope.has("rope_theta"))
        return require_positive(rope, "rope_theta", rope.number("rope_theta", otherwise));
    }
  }
  return require_positive(config, old_key, config.number(old_key, otherwise));
}

/// ModernBERT: some layers attend to all keys, others to half of local_attention on either side, and the two
/// have rotary angles of different bases. Layer 0 has no attention norm, since the embeddings are normalised.
void alternate(const io::JsonValue& config, EncoderConfig& encoder) {
  if (encoder.shape.attention.head_dim % 2 != 0) {
    throw config.unsupported("hidden_size",
                             "heads of an even number of dimensions, which can be rotated; there are " +
                                 std::to_string(encoder.num_attention_heads()) + " heads");
  }
  if (config.has("rope_scaling")) require_plain_rope(config.at("rope_scaling"));
  const std::vector<bool> slides = read_slides(config, encoder.layers.size());
  const std::int64_t half = config.whole("local_attention", 128) / 2;
  const double theta = read_theta(config, full, "global_rope_theta", 160'000);
  // In older files null means: as in the other layers.
  const double sliding_theta =
      read_theta(config, sliding, "local_rope_theta", config.is_null("local_rope_theta") ? theta : 10'000);
  for (std::size_t i = 0; i < slides.size(); ++i) {
    if (slides[i]) encoder.layers[i].window = {half, half};
    encoder.layers[i].rope_theta = slides[i] ? sliding_theta : theta;
  }
  encoder.layers.front().has_attention_norm = false;
}

}  // namespace

void read_layers(const io::JsonValue& config, const EncoderFamily& family, EncoderConfig& encoder) {
  const std::int64_t count =
      config.whole(family.keys.num_hidden_layers, family.defaults.num_hidden_layers, layer_count);
  if (family.shares_layers) {
    share_layers(config, count, encoder);
  } else {
    make_separate_layers(count, encoder);
  }
  if (family.alternates) alternate(config, encoder);
}

}  // namespace saccade::model
