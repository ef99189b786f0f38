#include "model/config/encoder_config.hpp"

#include <string>
#include <string_view>

#include "model/config/encoder_family.hpp"
#include "model/config/json_object.hpp"
#include "model/encoder_layers.hpp"

namespace saccade::model {
namespace {

struct ActivationName {
  std::string_view name;  ///< as transformers knows it
  Activation activation;
};

constexpr ActivationName activation_names[] = {
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_python_tanh", Activation::gelu_tanh},
    {"gelu_accurate", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"relu", Activation::relu},
    {"silu", Activation::silu},
    {"swish", Activation::silu},
};

template <typename Items, typename Name>
std::string list_of(const Items& items, Name name) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + std::string(name(item));
  return text;
}

const EncoderFamily& read_family(const JsonObject& config) {
  const EncoderFamily* family = nullptr;
  if (config.has("model_type")) family = find_family(config.text("model_type"));
  if (family != nullptr) return *family;
  throw config.unsupported(
      "model_type", list_of(encoder_families(), [](const EncoderFamily& known) { return known.model_type; }));
}

/// What no family is supported with.
void require_encoder(const JsonObject& config) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (config.flag(key, false)) throw config.unsupported(key, "false, as encoders have it");
  }
  const std::string positions = "position_embedding_type";
  if (config.is_null(positions) || config.text(positions, "absolute") != "absolute")
    throw config.unsupported(positions, "absolute");
}

Activation read_activation(const JsonObject& config, const EncoderFamily& family) {
  const std::string name = config.text(family.keys.activation, std::string(family.defaults.activation));
  for (const ActivationName& known : activation_names)
    if (known.name == name) return known.activation;
  throw config.unsupported(family.keys.activation,
                           list_of(activation_names, [](const ActivationName& known) { return known.name; }));
}

constexpr Whole size = {.least = 1};

void read_sizes(const JsonObject& config, const EncoderFamily& family, EncoderConfig& encoder) {
  const ConfigKeys& keys = family.keys;
  const ConfigDefaults& defaults = family.defaults;
  encoder.width = config.whole(keys.width, defaults.width, size);
  encoder.heads = config.whole(keys.heads, defaults.heads, size);
  if (encoder.width % encoder.heads != 0) {
    throw config.wrong(keys.heads, "a divisor of the width, which '" + std::string(keys.width) +
                                       "' says is " + std::to_string(encoder.width));
  }
  encoder.feed_forward = config.whole(keys.feed_forward, defaults.feed_forward, size);
  encoder.vocabulary = config.whole("vocab_size", defaults.vocabulary, size);
  if (!keys.types.empty()) encoder.types = config.whole(keys.types, defaults.types, size);
  encoder.embedding_width = encoder.width;
  if (!keys.embedding_width.empty())
    encoder.embedding_width = config.whole(keys.embedding_width, defaults.embedding_width, size);
  encoder.projects_embeddings = family.always_projects || encoder.embedding_width != encoder.width;
}

std::int64_t padding_token(const JsonObject& config, const EncoderFamily& family) {
  if (family.padding_is_fixed) return family.defaults.padding_token;
  if (config.is_null("pad_token_id")) throw config.wrong("pad_token_id", "the id of a token");
  return config.whole("pad_token_id", family.defaults.padding_token);
}

void read_positions(const JsonObject& config, const EncoderFamily& family, EncoderConfig& encoder) {
  const std::string key = "max_position_embeddings";
  const std::int64_t positions = config.whole(key, family.defaults.positions, size);
  encoder.max_tokens = positions;
  if (family.positions == Positions::rotary) return;
  encoder.positions = positions;
  if (family.positions == Positions::from_zero) return;
  encoder.uncounted_token = padding_token(config, family);
  encoder.first_position = encoder.uncounted_token + 1;
  encoder.max_tokens = positions - encoder.first_position;
  if (encoder.max_tokens < 1) {
    throw config.wrong(key, "more than " + std::to_string(encoder.first_position) +
                                ", since positions are counted from the padding token's id on");
  }
}

void read_biases(const JsonObject& config, const EncoderFamily& family, EncoderConfig& encoder) {
  if (!family.biases_are_chosen) return;
  encoder.attention_bias = config.flag("attention_bias", false);
  encoder.feed_forward_bias = config.flag("mlp_bias", false);
  encoder.norm_bias = config.flag("norm_bias", false);
}

/// transformers reads relative_attention_num_buckets for the size of the table only: the buckets are always
/// these.
void read_relative_bias(const JsonObject& config, const EncoderFamily& family, EncoderConfig& encoder) {
  if (family.names.relative_bias.empty()) return;
  encoder.relative_buckets = 32;
  encoder.relative_distance = 128;
  encoder.relative_rows = config.whole("relative_attention_num_buckets", encoder.relative_buckets,
                                       {.least = encoder.relative_buckets});
}

}  // namespace

EncoderConfig read_encoder_config(const std::filesystem::path& directory) {
  const JsonObject config = JsonObject::read(directory / "config.json");
  const EncoderFamily& family = read_family(config);
  require_encoder(config);
  EncoderConfig encoder;
  encoder.family = family.model_type;
  encoder.pre_norm = family.pre_norm;
  encoder.gated = family.gated;
  encoder.activation = read_activation(config, family);
  encoder.norm_epsilon = family.keys.norm_epsilon.empty()
                             ? family.defaults.norm_epsilon
                             : config.number(family.keys.norm_epsilon, family.defaults.norm_epsilon);
  read_sizes(config, family, encoder);
  read_positions(config, family, encoder);
  read_biases(config, family, encoder);
  read_relative_bias(config, family, encoder);
  read_layers(config, family, encoder);
  return encoder;
}

}  // namespace saccade::model
