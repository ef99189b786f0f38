#include "model/config/encoder_config.hpp"

#include <string>
#include <string_view>

#include "core/join.hpp"
#include "io/json/json_value.hpp"
#include "model/config/encoder_family.hpp"
#include "model/config/encoder_layers.hpp"
#include "model/config/unused_keys.hpp"

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

const EncoderFamily& read_family(const io::JsonValue& config) {
  const EncoderFamily* family = nullptr;
  if (config.has("model_type")) family = find_family(config.at("model_type").text());
  if (family != nullptr) return *family;
  throw config.unsupported("model_type", core::join(encoder_families(), &EncoderFamily::model_type));
}

/// Refuses what is supported for no family.
void require_encoder(const io::JsonValue& config) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (config.flag(key, false)) throw config.unsupported(key, "false, as encoders have it");
  }
  const std::string positions = "position_embedding_type";
  if (config.is_null(positions) || config.text(positions, "absolute") != "absolute")
    throw config.unsupported(positions, "absolute");
}

Activation read_activation(const io::JsonValue& config, const EncoderFamily& family) {
  const std::string name = config.text(family.keys.hidden_act, family.defaults.hidden_act);
  for (const ActivationName& known : activation_names)
    if (known.name == name) return known.activation;
  throw config.unsupported(family.keys.hidden_act, core::join(activation_names, &ActivationName::name));
}

constexpr io::WholeRange size = {.least = 1};
/// Norms divide by the width, which fp32 must represent.
constexpr io::WholeRange width = {.least = 1, .most = (std::int64_t{1} << 24) - 1};

void read_attention(const io::JsonValue& config, const EncoderFamily& family, layers::AttentionShape& shape) {
  const ConfigKeys& keys = family.keys;
  shape.hidden_size = config.whole(keys.hidden_size, family.defaults.hidden_size, width);
  shape.num_attention_heads =
      config.whole(keys.num_attention_heads, family.defaults.num_attention_heads, size);
  if (shape.hidden_size % shape.num_attention_heads != 0) {
    throw config.wrong(keys.num_attention_heads, "a divisor of the width, which '" +
                                                     std::string(keys.hidden_size) + "' says is " +
                                                     std::to_string(shape.hidden_size));
  }
  shape.num_key_value_heads = shape.num_attention_heads;
  shape.head_dim = shape.hidden_size / shape.num_attention_heads;
}

layers::BlockShape read_shape(const io::JsonValue& config, const EncoderFamily& family) {
  const ConfigKeys& keys = family.keys;
  layers::BlockShape shape;
  shape.activation = read_activation(config, family);
  shape.norm.place = family.norm_place;
  shape.norm.epsilon = keys.layer_norm_eps.empty()
                           ? family.defaults.layer_norm_eps
                           : config.number(keys.layer_norm_eps, family.defaults.layer_norm_eps);
  shape.feed_forward = family.feed_forward;
  read_attention(config, family, shape.attention);
  shape.intermediate_size = config.whole(keys.intermediate_size, family.defaults.intermediate_size, size);
  if (!family.biases_are_chosen) return shape;
  shape.attention_bias = config.flag("attention_bias", false);
  shape.mlp_bias = config.flag("mlp_bias", false);
  shape.norm.has_bias = config.flag("norm_bias", false);
  return shape;
}

void read_embeddings(const io::JsonValue& config, const EncoderFamily& family, EncoderConfig& encoder) {
  const ConfigKeys& keys = family.keys;
  const ConfigDefaults& defaults = family.defaults;
  encoder.vocab_size = config.whole("vocab_size", defaults.vocab_size, size);
  if (!keys.type_vocab_size.empty())
    encoder.type_vocab_size = config.whole(keys.type_vocab_size, defaults.type_vocab_size, size);
  encoder.embedding_size = encoder.hidden_size();
  if (!keys.embedding_size.empty())
    encoder.embedding_size = config.whole(keys.embedding_size, defaults.embedding_size, size);
  encoder.projects_embeddings = family.always_projects || encoder.embedding_size != encoder.hidden_size();
}

std::int64_t read_pad_token_id(const io::JsonValue& config, const EncoderFamily& family) {
  if (family.padding_is_fixed) return family.defaults.pad_token_id;
  if (config.is_null("pad_token_id")) throw config.wrong("pad_token_id", "the id of a token");
  return config.whole("pad_token_id", family.defaults.pad_token_id);
}

void read_positions(const io::JsonValue& config, const EncoderFamily& family, EncoderConfig& encoder) {
  const std::string key = "max_position_embeddings";
  const std::int64_t positions = config.whole(key, family.defaults.max_position_embeddings, size);
  encoder.max_tokens = positions;
  if (family.positions == Positions::rotary) return;
  encoder.positions = positions;
  if (family.positions == Positions::from_zero) return;
  encoder.pad_token_id = read_pad_token_id(config, family);
  encoder.first_position = encoder.pad_token_id + 1;
  encoder.max_tokens = positions - encoder.first_position;
  if (encoder.max_tokens < 1) {
    throw config.wrong(key, "more than " + std::to_string(encoder.first_position) +
                                ", since positions are counted from the padding token's id on");
  }
}

/// transformers uses relative_attention_num_buckets for the size of the table only: the buckets are constant.
void read_relative_bias(const io::JsonValue& config, const EncoderFamily& family, EncoderConfig& encoder) {
  if (family.names.relative_attention_bias.empty()) return;
  encoder.relative_buckets = 32;
  encoder.relative_distance = 128;
  encoder.relative_rows = config.whole("relative_attention_num_buckets", encoder.relative_buckets,
                                       {.least = encoder.relative_buckets});
}

}  // namespace

EncoderConfig read_encoder_config(const std::filesystem::path& directory) {
  const io::JsonValue config = io::read_json(directory / "config.json");
  const EncoderFamily& family = read_family(config);
  require_encoder(config);
  EncoderConfig encoder;
  encoder.family = family.model_type;
  encoder.shape = read_shape(config, family);
  read_embeddings(config, family, encoder);
  read_positions(config, family, encoder);
  read_relative_bias(config, family, encoder);
  read_layers(config, family, encoder);
  require_no_unused_key(config);
  return encoder;
}

}  // namespace saccade::model
