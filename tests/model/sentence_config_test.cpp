#include "model/config/sentence_config.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "model/files/dense_weights.hpp"
#include "model/made_up_model.hpp"

namespace saccade {
namespace {

using model::Activation;
using model::Dense;
using model::Normalize;
using model::SentenceConfig;
using nlohmann::json;
using test::expect_error;
using test::TemporaryFolder;

json module(const std::string& type, const std::string& path = "") {
  return {{"idx", 0}, {"name", "0"}, {"path", path}, {"type", "sentence_transformers.models." + type}};
}

/// A directory with a Transformer and a Pooling, and whatever a test adds.
class SentenceFolder {
 public:
  SentenceFolder() {
    write("pooling/config.json", {{"word_embedding_dimension", 8}, {"pooling_mode_mean_tokens", true}});
    write_modules({});
  }

  void write(const std::string& name, const json& content) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    folder_.write(name, content.dump());
  }
  void write_modules(const std::vector<json>& more, const std::string& encoder = "") const {
    json modules = {module("Transformer", encoder), module("Pooling", "pooling")};
    for (const json& each : more) modules.push_back(each);
    write("modules.json", modules);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] SentenceConfig read() const { return model::read_sentence_config(folder_.path()); }

  void expect_refused(ErrorCode code, std::initializer_list<std::string> parts) const {
    expect_error(code, parts, [&] { static_cast<void>(read()); });
  }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("a plain encoder: the mean, and nothing else is looked at") {
  const TemporaryFolder folder;
  folder.write("sentence_bert_config.json", "{\"max_seq_length\": 7}");
  folder.write("config_sentence_transformers.json", "{");
  const SentenceConfig config = model::read_sentence_config(folder.path());
  CHECK(config.encoder == folder.path());
  CHECK(config.pooling == std::vector<Pooling>{Pooling::mean});
  CHECK(config.steps.empty());
  CHECK_FALSE(config.max_tokens.has_value());
  CHECK(model::embedding_width(config, 12) == 12);
}

TEST_CASE("modules in directories of their own, in the order of the list") {
  const SentenceFolder folder;
  folder.write_modules(
      {module("Dense", "2_Dense"), module("Normalize", "3_Normalize"), module("Dense", "4_Dense")},
      "0_Transformer");
  folder.write("2_Dense/config.json", {{"in_features", 8}, {"out_features", 5}});
  folder.write("4_Dense/config.json", {{"in_features", 5},
                                       {"out_features", 3},
                                       {"bias", false},
                                       {"activation_function", "torch.nn.modules.linear.Identity"}});
  folder.write("0_Transformer/sentence_bert_config.json", {{"max_seq_length", 254}, {"do_lower_case", true}});
  const SentenceConfig config = folder.read();
  CHECK(config.encoder == folder / "0_Transformer");
  CHECK(config.max_tokens == 254);
  CHECK(config.lower_case);
  REQUIRE(config.steps.size() == 3);
  const Dense& dense = std::get<Dense>(config.steps[0]);
  CHECK(dense.directory == folder / "2_Dense");
  CHECK(dense.in == 8);
  CHECK(dense.out == 5);
  CHECK(dense.bias);
  CHECK(dense.activation == Activation::tanh);
  CHECK(std::holds_alternative<Normalize>(config.steps[1]));
  CHECK(std::get<Dense>(config.steps[2]).activation == Activation::none);
  CHECK_FALSE(std::get<Dense>(config.steps[2]).bias);
  CHECK(model::embedding_width(config, 8) == 3);
  expect_error(ErrorCode::file_format, {"2_Dense", "'in_features' is 8; expected 9"},
               [&] { static_cast<void>(model::embedding_width(config, 9)); });
}

TEST_CASE("modules by the names of newer packages") {
  const SentenceFolder folder;
  json modules = {module("", ""), module("", "pooling"), module("", "norm")};
  modules[0]["type"] = "sentence_transformers.base.modules.transformer.Transformer";
  modules[1]["type"] = "sentence_transformers.sentence_transformer.modules.pooling.Pooling";
  modules[2]["type"] = "sentence_transformers.base.modules.normalize.Normalize";
  folder.write("modules.json", modules);
  folder.write("norm/config.json",
               {{"module_input_name", "sentence_embedding"}, {"module_output_name", nullptr}});
  folder.write("pooling/config.json",
               {{"embedding_dimension", 8}, {"pooling_mode", "cls"}, {"include_prompt", false}});
  folder.write(
      "sentence_bert_config.json",
      {{"transformer_task", "feature-extraction"},
       {"modality_config", {{"text", {{"method", "forward"}, {"method_output_name", "last_hidden_state"}}}}},
       {"module_output_name", "token_embeddings"}});
  const SentenceConfig config = folder.read();
  CHECK(config.pooling == std::vector<Pooling>{Pooling::first});
  CHECK_FALSE(config.pools_prompt);
  CHECK(config.steps.size() == 1);
  CHECK_FALSE(config.max_tokens.has_value());
}

TEST_CASE("pooling by old keys, in the library's order, and by new ones, in the file's") {
  const SentenceFolder folder;
  using Modes = std::vector<Pooling>;
  const auto pooling = [&](const json& config) {
    folder.write("pooling/config.json", config);
    return folder.read().pooling;
  };
  CHECK(pooling({{"pooling_mode_cls_token", true}, {"pooling_mode_mean_tokens", false}}) ==
        Modes{Pooling::first});
  CHECK(pooling({{"pooling_mode_lasttoken", true}}) == Modes{Pooling::last});
  CHECK(pooling({{"pooling_mode_cls_token", false}}) == Modes{Pooling::mean});
  CHECK(pooling(json::object()) == Modes{Pooling::mean});
  json all;
  for (const char* key :
       {"lasttoken", "weightedmean_tokens", "mean_sqrt_len_tokens", "mean_tokens", "max_tokens", "cls_token"})
    all[std::string("pooling_mode_") + key] = true;
  CHECK(pooling(all) == Modes{Pooling::first, Pooling::max, Pooling::mean, Pooling::mean_sqrt,
                              Pooling::weighted_mean, Pooling::last});
  CHECK(model::embedding_width(folder.read(), 8) == 48);
  all["pooling_mode"] = {"mean", "cls"};
  CHECK(pooling(all) == Modes{Pooling::mean, Pooling::first});
  CHECK(pooling({{"pooling_mode", "weightedmean"}}) == Modes{Pooling::weighted_mean});
  folder.write("pooling/config.json", {{"pooling_mode", "median"}});
  folder.expect_refused(ErrorCode::unsupported,
                        {"pooling/config.json", "'pooling_mode' is \"median\"", "lasttoken"});
  folder.write("pooling/config.json", {{"pooling_mode", json::array()}});
  folder.expect_refused(ErrorCode::file_format, {"'pooling_mode' is []"});
}

TEST_CASE("prompts") {
  const SentenceFolder folder;
  CHECK(folder.read().prompts.at("query").empty());
  CHECK_FALSE(folder.read().default_prompt.has_value());
  const std::string name = "config_sentence_transformers.json";
  json config = {{"model_type", "SentenceTransformer"},
                 {"prompts", {{"query", "query: "}, {"passage", nullptr}}},
                 {"default_prompt_name", "query"}};
  folder.write(name, config);
  CHECK(folder.read().prompts.at("query") == "query: ");
  CHECK(folder.read().prompts.at("passage").empty());
  CHECK(folder.read().default_prompt == "query");
  config["default_prompt_name"] = "title";
  folder.write(name, config);
  folder.expect_refused(ErrorCode::file_format, {name, "'default_prompt_name' is \"title\""});
  folder.write(name, {{"model_type", "CrossEncoder"}});
  folder.expect_refused(ErrorCode::unsupported, {name, "'model_type' is \"CrossEncoder\""});
  folder.write(name, {{"truncate_dim", 64}});
  folder.expect_refused(ErrorCode::unsupported, {name, "'truncate_dim' is 64"});
}

TEST_CASE("other modules, and an order that means something else, are named") {
  const SentenceFolder folder;
  const ErrorCode code = ErrorCode::unsupported;
  folder.write_modules({module("LSTM", "2_LSTM")});
  folder.expect_refused(code,
                        {"modules.json", "'[2].type' is \"sentence_transformers.models.LSTM\"", "Dense"});
  folder.write_modules({module("Pooling", "pooling")});
  folder.expect_refused(code, {"'[2].type'"});
  folder.write("modules.json", {module("Transformer"), module("Dense", "d")});
  folder.expect_refused(code, {"'[1].type'"});
  folder.write("modules.json", {module("Pooling", "pooling"), module("Transformer")});
  folder.expect_refused(code, {"'[0].type'"});
  json custom = {module("Transformer"), module("Pooling", "pooling"), module("Dense", "d")};
  custom[2]["type"] = "my_code.Dense";
  folder.write("modules.json", custom);
  folder.expect_refused(code, {"'[2].type' is \"my_code.Dense\""});
}

TEST_CASE("a list of modules that is none") {
  const SentenceFolder folder;
  const ErrorCode code = ErrorCode::file_format;
  folder.write("modules.json", json::object());
  folder.expect_refused(code, {"modules.json", "expected a list"});
  folder.write("modules.json", {1, 2});
  folder.expect_refused(code, {"'[0]' is 1; expected an object"});
  folder.write("modules.json", {module("Transformer", "../other"), module("Pooling", "pooling")});
  folder.expect_refused(code, {"'[0].path' is \"../other\""});
  folder.write_modules({module("Dense", "nowhere")});
  folder.expect_refused(ErrorCode::file_not_usable, {"nowhere", "cannot open"});
}

TEST_CASE("options that change what is computed are refused") {
  const SentenceFolder folder;
  const ErrorCode code = ErrorCode::unsupported;
  folder.write_modules({module("Dense", "d")});
  const json dense = {{"in_features", 8}, {"out_features", 8}};
  const std::pair<std::string, json> options[] = {{"activation_function", "my_code.Swoosh"},
                                                  {"use_residual", true},
                                                  {"module_input_name", "token_embeddings"},
                                                  {"module_output_name", "token_embeddings"}};
  for (const auto& [key, value] : options) {
    json config = dense;
    config[key] = value;
    folder.write("d/config.json", config);
    folder.expect_refused(code, {"d/config.json", "'" + key + "' is " + value.dump()});
  }
  folder.write("d/config.json", {{"in_features", 8}});
  folder.expect_refused(ErrorCode::file_format, {"'out_features' is missing"});
  folder.write_modules({});
  const std::string transformer = "sentence_bert_config.json";
  folder.write(transformer, {{"transformer_task", "fill-mask"}});
  folder.expect_refused(code, {transformer, "'transformer_task' is \"fill-mask\""});
  folder.write(transformer, {{"modality_config", {{"text", {{"method_output_name", "pooler_output"}}}}}});
  folder.expect_refused(code, {"'modality_config.text.method_output_name' is \"pooler_output\""});
}

TEST_CASE("the weights of a dense step") {
  const TemporaryFolder folder;
  const test::MadeUpTensors tensors = {{"linear.weight", {{3, 5}, 1}}, {"linear.bias", {{3}, 2, "F16"}}};
  folder.write("model.safetensors", test::safetensors_of(tensors));
  Dense dense = {.directory = folder.path(), .in = 5, .out = 3};
  const model::DenseWeights weights = model::read_dense_weights(dense);
  CHECK(test::shows(weights.linear.weight, tensors.at("linear.weight")));
  CHECK(test::shows(weights.linear.bias, tensors.at("linear.bias")));
  dense.bias = false;
  CHECK_FALSE(model::read_dense_weights(dense).linear.bias);
  dense.in = 4;
  expect_error(ErrorCode::file_format, {"'linear.weight'", "is [3, 5]; expected [3, 4]"},
               [&] { static_cast<void>(model::read_dense_weights(dense)); });
}

}  // namespace
}  // namespace saccade
