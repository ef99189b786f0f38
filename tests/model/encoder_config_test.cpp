#include "model/config/encoder_config.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "model/made_up_model.hpp"

namespace saccade {
namespace {

using model::Activation;
using model::EncoderConfig;
using nlohmann::json;
using test::bert_config;
using test::expect_error;
using test::TemporaryFolder;

EncoderConfig read(const json& config) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  return model::read_encoder_config(folder.path());
}

/// BERT's config with a key changed.
json bert_with(const std::string& key, const json& value) {
  json config = bert_config();
  config[key] = value;
  return config;
}

void expect_refused(ErrorCode code, const json& config, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    expect_error(code, {"config.json", part}, [&] { static_cast<void>(read(config)); });
}

TEST_CASE("bert: sizes, and what transformers takes for missing keys") {
  const EncoderConfig config = read(bert_config());
  CHECK(config.family == "bert");
  CHECK(config.layers.size() == 2);
  CHECK(config.num_blocks == 2);
  CHECK(config.hidden_size() == 8);
  CHECK(config.num_attention_heads() == 2);
  CHECK(config.shape.intermediate_size == 12);
  CHECK(config.vocab_size == 11);
  CHECK(config.embedding_size == 8);
  CHECK_FALSE(config.projects_embeddings);
  CHECK(config.positions == 9);
  CHECK(config.first_position == 0);
  CHECK(config.pad_token_id == -1);
  CHECK(config.max_tokens == 9);
  CHECK(config.type_vocab_size == 2);
  CHECK(config.shape.activation == Activation::gelu);
  CHECK(config.shape.norm.epsilon == 1e-12);
  CHECK_FALSE(config.shape.norm_first());
  CHECK_FALSE(config.shape.gated());
  CHECK(config.shape.attention_bias);
  CHECK(config.relative_buckets == 0);
  CHECK(config.layers[1].block == 1);
  CHECK(config.layers[1].window.left == Window::unlimited);
  CHECK(config.layers[1].rope_theta == 0);
  const EncoderConfig base = read({{"model_type", "bert"}});
  CHECK(base.layers.size() == 12);
  CHECK(base.hidden_size() == 768);
  CHECK(base.vocab_size == 30522);
  CHECK(base.max_tokens == 512);
}

TEST_CASE("activations by transformers' names") {
  const std::pair<const char*, Activation> names[] = {
      {"gelu", Activation::gelu},           {"gelu_python", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh}, {"relu", Activation::relu},
      {"silu", Activation::silu},           {"swish", Activation::silu},
  };
  for (const auto& [name, activation] : names) {
    CAPTURE(name);
    CHECK(read(bert_with("hidden_act", name)).shape.activation == activation);
  }
}

TEST_CASE("roberta and xlm-roberta count positions from the padding token's id on") {
  for (const char* family : {"roberta", "xlm-roberta"}) {
    json config = bert_with("model_type", family);
    CHECK(read(config).first_position == 2);
    CHECK(read(config).pad_token_id == 1);
    CHECK(read(config).max_tokens == 7);
    config["pad_token_id"] = 3;
    CHECK(read(config).first_position == 4);
    CHECK(read(config).max_tokens == 5);
    config["pad_token_id"] = 8;
    expect_refused(ErrorCode::file_format, config, {"'max_position_embeddings' is 9", "more than 9"});
    config["pad_token_id"] = nullptr;
    expect_refused(ErrorCode::file_format, config, {"'pad_token_id' is null"});
  }
}

TEST_CASE("distilbert has keys of its own and no types") {
  const EncoderConfig config = read({{"model_type", "distilbert"},
                                     {"sinusoidal_pos_embds", true},  // stored like a table that was learnt
                                     {"n_layers", 3},
                                     {"dim", 12},
                                     {"n_heads", 4},
                                     {"hidden_dim", 20},
                                     {"activation", "relu"},
                                     {"layer_norm_eps", 0.5}});
  CHECK(config.layers.size() == 3);
  CHECK(config.hidden_size() == 12);
  CHECK(config.num_attention_heads() == 4);
  CHECK(config.shape.intermediate_size == 20);
  CHECK(config.type_vocab_size == 0);
  CHECK(config.shape.activation == Activation::relu);
  CHECK(config.shape.norm.epsilon == 1e-12);
}

TEST_CASE("mpnet: padding is 1 and there are 32 buckets, whatever the file says of either") {
  json config = bert_with("model_type", "mpnet");
  config["pad_token_id"] = 5;
  config["relative_attention_num_buckets"] = 48;
  const EncoderConfig encoder = read(config);
  CHECK(encoder.first_position == 2);
  CHECK(encoder.type_vocab_size == 0);
  CHECK(encoder.relative_buckets == 32);
  CHECK(encoder.relative_rows == 48);
  CHECK(encoder.relative_distance == 128);
  config["relative_attention_num_buckets"] = 16;
  expect_refused(ErrorCode::file_format, config, {"'relative_attention_num_buckets' is 16", "from 32"});
}

TEST_CASE("electra projects embeddings that are narrower, albert all") {
  json config = bert_with("model_type", "electra");
  config["embedding_size"] = 4;
  CHECK(read(config).embedding_size == 4);
  CHECK(read(config).projects_embeddings);
  config["embedding_size"] = 8;
  CHECK_FALSE(read(config).projects_embeddings);
  config["model_type"] = "albert";
  CHECK(read(config).projects_embeddings);
  CHECK(read(config).shape.activation == Activation::gelu_tanh);
}

/// Which weights each layer of an ALBERT uses.
std::vector<std::int64_t> weights_of(std::int64_t layers, std::int64_t groups, std::int64_t inner) {
  json config = bert_with("model_type", "albert");
  config["num_hidden_layers"] = layers;
  config["num_hidden_groups"] = groups;
  config["inner_group_num"] = inner;
  const EncoderConfig encoder = read(config);
  CHECK(encoder.num_blocks == groups * inner);
  std::vector<std::int64_t> weights;
  for (const layers::LayerShape& layer : encoder.layers)
    weights.push_back(static_cast<std::int64_t>(layer.block));
  return weights;
}

TEST_CASE("albert's layers share weights by group, and a group may hold several") {
  CHECK(weights_of(3, 1, 1) == std::vector<std::int64_t>{0, 0, 0});
  CHECK(weights_of(4, 2, 1) == std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(weights_of(5, 2, 1) == std::vector<std::int64_t>{0, 0, 0, 1, 1});
  CHECK(weights_of(2, 1, 2) == std::vector<std::int64_t>{0, 1, 0, 1});
  CHECK(weights_of(2, 2, 2) == std::vector<std::int64_t>{0, 1, 2, 3});
}

json modernbert() {
  return {{"model_type", "modernbert"},  {"num_hidden_layers", 4},       {"hidden_size", 8},
          {"num_attention_heads", 2},    {"local_attention", 7},         {"norm_eps", 1e-3},
          {"hidden_activation", "silu"}, {"max_position_embeddings", 50}};
}

/// "F" for a layer that sees everything, "S" for one with a window.
std::string pattern_of(const EncoderConfig& config) {
  std::string pattern;
  for (const layers::LayerShape& layer : config.layers)
    pattern += layer.window.left == Window::unlimited ? 'F' : 'S';
  return pattern;
}

TEST_CASE("modernbert: windows, rotary bases, norms first, a gate, biases by choice") {
  json config = modernbert();
  const EncoderConfig encoder = read(config);
  CHECK(encoder.positions == 0);
  CHECK(encoder.max_tokens == 50);
  CHECK(encoder.type_vocab_size == 0);
  CHECK(encoder.shape.norm_first());
  CHECK(encoder.shape.gated());
  CHECK(encoder.shape.norm.epsilon == 1e-3);
  CHECK(encoder.shape.activation == Activation::silu);
  CHECK(pattern_of(encoder) == "FSSF");
  CHECK(encoder.layers[1].window.left == 3);
  CHECK(encoder.layers[1].window.right == 3);
  CHECK(encoder.layers[0].rope_theta == 160'000);
  CHECK(encoder.layers[1].rope_theta == 10'000);
  CHECK_FALSE(encoder.layers[0].has_attention_norm);
  CHECK(encoder.layers[1].has_attention_norm);
  CHECK_FALSE(encoder.shape.attention_bias);
  CHECK_FALSE(encoder.shape.mlp_bias);
  CHECK_FALSE(encoder.shape.norm.has_bias);
  config["attention_bias"] = config["norm_bias"] = true;
  CHECK(read(config).shape.attention_bias);
  CHECK_FALSE(read(config).shape.mlp_bias);
  CHECK(read(config).shape.norm.has_bias);
}

TEST_CASE("modernbert: the list of layer types counts before the number of older files") {
  json config = modernbert();
  config["global_attn_every_n_layers"] = 2;
  CHECK(pattern_of(read(config)) == "FSFS");
  config["global_attn_every_n_layers"] = 1;
  CHECK(pattern_of(read(config)) == "FFFF");
  config["layer_types"] = {"sliding_attention", "full_attention", "full_attention", "sliding_attention"};
  CHECK(pattern_of(read(config)) == "SFFS");
  CHECK_FALSE(read(config).layers[0].has_attention_norm);
  config["layer_types"] = {"full_attention"};
  expect_refused(ErrorCode::file_format, config, {"'layer_types'", "expected 4 texts"});
  config["layer_types"] = {"full_attention", "chunked_attention", "full_attention", "full_attention"};
  expect_refused(ErrorCode::unsupported, config, {"'layer_types'", "sliding_attention"});
}

TEST_CASE("modernbert: rotary bases as older and newer files say them") {
  const auto thetas = [](const json& config) {
    const EncoderConfig encoder = read(config);
    return std::pair(encoder.layers[0].rope_theta, encoder.layers[1].rope_theta);
  };
  json config = modernbert();
  config["global_rope_theta"] = 500.0;
  config["local_rope_theta"] = 60;
  CHECK(thetas(config) == std::pair(500.0, 60.0));
  config["local_rope_theta"] = nullptr;
  CHECK(thetas(config) == std::pair(500.0, 500.0));
  config["rope_parameters"] = {{"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 7.5}}}};
  CHECK(thetas(config) == std::pair(500.0, 7.5));
  config["rope_parameters"]["full_attention"] = {{"rope_theta", 8.5}};
  CHECK(thetas(config) == std::pair(8.5, 7.5));
  config["rope_parameters"]["full_attention"]["rope_type"] = "yarn";
  expect_refused(ErrorCode::unsupported, config, {"'rope_parameters.full_attention.rope_type' is \"yarn\""});
  config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 3.0}};
  expect_refused(ErrorCode::unsupported, config, {"'rope_parameters.rope_theta' is 3.0"});
  config.erase("rope_parameters");
  config["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
  expect_refused(ErrorCode::unsupported, config, {"'rope_scaling.type' is \"linear\""});
}

TEST_CASE("what is not supported is named, with what is") {
  const ErrorCode code = ErrorCode::unsupported;
  expect_refused(code, bert_with("model_type", "deberta-v2"),
                 {"'model_type' is \"deberta-v2\"",
                  "supported: bert, roberta, xlm-roberta, distilbert, mpnet, electra, albert, modernbert"});
  expect_refused(code, json::object(), {"'model_type' is missing", "bert"});
  expect_refused(code, bert_with("hidden_act", "quick_gelu"), {"'hidden_act' is \"quick_gelu\"", "gelu_new"});
  expect_refused(code, bert_with("position_embedding_type", "relative_key"),
                 {"'position_embedding_type' is \"relative_key\"", "absolute"});
  expect_refused(code, bert_with("position_embedding_type", nullptr), {"'position_embedding_type' is null"});
  expect_refused(code, bert_with("is_decoder", true), {"'is_decoder' is true"});
  expect_refused(code, bert_with("add_cross_attention", true), {"'add_cross_attention' is true"});
  json odd = modernbert();
  odd["hidden_size"] = 6;
  expect_refused(code, odd, {"'hidden_size' is 6", "even"});
}

TEST_CASE("values that make no sense are named") {
  const ErrorCode code = ErrorCode::file_format;
  expect_refused(code, bert_with("hidden_size", "8"), {"'hidden_size' is \"8\"", "a whole number from 1"});
  expect_refused(code, bert_with("hidden_size", 0), {"'hidden_size' is 0"});
  expect_refused(code, bert_with("hidden_size", 8.5), {"'hidden_size' is 8.5"});
  expect_refused(code, bert_with("vocab_size", 18446744073709551615u),
                 {"'vocab_size' is 18446744073709551615"});
  expect_refused(code, bert_with("num_hidden_layers", 1'000'000'000), {"'num_hidden_layers'", "to 10000"});
  expect_refused(code, bert_with("num_attention_heads", 3),
                 {"'num_attention_heads' is 3", "a divisor of the width, which 'hidden_size' says is 8"});
  expect_refused(code, bert_with("layer_norm_eps", -1), {"'layer_norm_eps' is -1"});
  expect_refused(code, bert_with("is_decoder", "no"), {"'is_decoder' is \"no\"", "true or false"});
  expect_refused(code, bert_with("hidden_act", 3), {"'hidden_act' is 3", "a text"});
  expect_refused(code, json::array(), {"the file is []; expected an object"});
}

TEST_CASE("a file that is no JSON, or is not there") {
  const TemporaryFolder folder;
  const auto read_folder = [&] { static_cast<void>(model::read_encoder_config(folder.path())); };
  expect_error(ErrorCode::file_not_usable, {"config.json", "cannot open"}, read_folder);
  for (const char* text : {"", "{\"model_type\": \"bert\"", "{\"a\": 1, \"a\": 2}", "{} {}"}) {
    CAPTURE(text);
    folder.write("config.json", text);
    expect_error(ErrorCode::file_format, {"config.json: the file"}, read_folder);
  }
}

TEST_CASE("a key that could change the result is used or refused by name; the others do not matter") {
  const ErrorCode code = ErrorCode::unsupported;
  expect_refused(code, bert_with("rope_theta", 10000), {"'rope_theta' is 10000"});
  expect_refused(code, bert_with("sliding_window", 128), {"'sliding_window' is 128"});
  expect_refused(code, bert_with("pruned_heads", json{{"0", {1}}}), {"'pruned_heads'"});
  expect_refused(code, bert_with("quantization_config", json{{"bits", 4}}), {"'quantization_config'"});
  expect_refused(code, bert_with("use_task_id", true), {"'use_task_id' is true"});
  expect_refused(code, bert_with("attn_logit_softcapping", 30.0), {"'attn_logit_softcapping'"});
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{{"pruned_heads", json::object()},
                                                                            {"use_task_id", false},
                                                                            {"rope_scaling", nullptr},
                                                                            {"my_note", "x"},
                                                                            {"hidden_dropout_prob", 0.1},
                                                                            {"id2label", {{"0", "a"}}},
                                                                            {"sliding_window", 0}}) {
    CAPTURE(key);
    CHECK(read(bert_with(key, value)).hidden_size() == read(bert_with("my_note", 1)).hidden_size());
  }
}

}  // namespace
}  // namespace saccade
