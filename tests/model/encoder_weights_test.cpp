#include "model/files/encoder_weights.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "model/made_up_model.hpp"

namespace saccade {
namespace {

using model::BlockWeights;
using model::EncoderConfig;
using model::EncoderWeights;
using test::bert_config;
using test::bert_tensors;
using test::expect_error;
using test::MadeUpTensor;
using test::MadeUpTensors;
using test::shows;
using test::TemporaryFolder;

EncoderWeights read(const TemporaryFolder& folder) {
  return model::read_encoder_weights(folder.path(), model::read_encoder_config(folder.path()));
}

void check_linear(const ops::LinearView& view, const MadeUpTensors& tensors, const std::string& name) {
  CAPTURE(name);
  CHECK(shows(view.weight, tensors.at(name + ".weight")));
  CHECK(view.weight.rows == tensors.at(name + ".weight").shape[0]);
  CHECK(shows(view.bias, tensors.at(name + ".bias")));
}

void check_norm(const ops::NormView& view, const MadeUpTensors& tensors, const std::string& name) {
  CAPTURE(name);
  CHECK(shows(view.gamma, tensors.at(name + ".weight")));
  CHECK(shows(view.beta, tensors.at(name + ".bias")));
}

/// All of a BERT's weights by their names, where each has.
void check_bert(const EncoderWeights& weights, const MadeUpTensors& tensors) {
  CHECK(shows(weights.word, tensors.at("embeddings.word_embeddings.weight")));
  CHECK(shows(weights.position, tensors.at("embeddings.position_embeddings.weight")));
  CHECK(shows(weights.type, tensors.at("embeddings.token_type_embeddings.weight")));
  check_norm(weights.embedding_norm, tensors, "embeddings.LayerNorm");
  CHECK_FALSE(weights.embedding_projection.weight);
  CHECK_FALSE(weights.relative_attention_bias);
  CHECK_FALSE(weights.final_norm.gamma);
  REQUIRE(weights.blocks.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = "encoder.layer." + std::to_string(i) + ".";
    const BlockWeights& layer = weights.blocks[i];
    check_linear(layer.query, tensors, name + "attention.self.query");
    check_linear(layer.key, tensors, name + "attention.self.key");
    check_linear(layer.value, tensors, name + "attention.self.value");
    check_linear(layer.attention_output, tensors, name + "attention.output.dense");
    check_norm(layer.attention_norm, tensors, name + "attention.output.LayerNorm");
    check_linear(layer.up, tensors, name + "intermediate.dense");
    CHECK_FALSE(layer.gate.weight);
    check_linear(layer.down, tensors, name + "output.dense");
    check_norm(layer.feed_forward_norm, tensors, name + "output.LayerNorm");
  }
}

TEST_CASE("a bert's weights are found, whatever stands before their names") {
  const MadeUpTensors tensors = bert_tensors();
  for (const std::string prefix : {"", "bert.", "roberta.", "model."}) {
    CAPTURE(prefix);
    const TemporaryFolder folder;
    MadeUpTensors stored = test::renamed(tensors, [&](const std::string& name) { return prefix + name; });
    stored["cls.predictions.decoder.weight"] = {{11, 8}, 1, "F64"};
    stored[prefix + "embeddings.position_ids"] = {{1, 9}, 1, "I64"};
    stored[prefix + "pooler.dense.weight"] = {{8, 8}, 1, "F32"};
    test::write_model(folder, bert_config(), stored);
    check_bert(read(folder), tensors);
  }
}

TEST_CASE("views stay valid when the weights are moved") {
  const TemporaryFolder folder;
  test::write_model(folder, bert_config(), bert_tensors());
  EncoderWeights weights = read(folder);
  const EncoderWeights moved = std::move(weights);
  check_bert(moved, bert_tensors());
}

TEST_CASE("gamma and beta of old files") {
  const TemporaryFolder folder;
  const MadeUpTensors old = test::renamed(bert_tensors(), [](const std::string& name) {
    const std::size_t norm = name.find("LayerNorm.");
    if (norm == std::string::npos) return name;
    return name.substr(0, norm) + (name.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
  });
  test::write_model(folder, bert_config(), old);
  check_bert(read(folder), bert_tensors());
}

TEST_CASE("f16 and bf16 stay as they are stored, also side by side with f32") {
  const TemporaryFolder folder;
  MadeUpTensors tensors = bert_tensors();
  const char* types[] = {"F16", "BF16", "F32"};
  std::size_t i = 0;
  for (auto& [name, tensor] : tensors) tensor.type = types[i++ % 3];
  test::write_model(folder, bert_config(), tensors);
  const EncoderWeights weights = read(folder);
  check_bert(weights, tensors);
  CHECK(weights.blocks[0].query.weight.type != weights.blocks[0].query.bias.type);
}

TEST_CASE("f64 is rounded to fp32, and F8 beside the weights stops nothing") {
  const TemporaryFolder folder;
  MadeUpTensors tensors = bert_tensors();
  for (auto& [name, tensor] : tensors) tensor.type = "F64";
  test::write_model(folder, bert_config(), tensors);
  check_bert(read(folder), bert_tensors());
  tensors["scales"] = {{2}, 1, "F8_E8M0"};
  test::write_model(folder, bert_config(), tensors);
  check_bert(read(folder), bert_tensors());
  tensors["embeddings.word_embeddings.weight"].type = "F8_E8M0";
  test::write_model(folder, bert_config(), tensors);
  expect_error(ErrorCode::file_format,
               {"model.safetensors", "'embeddings.word_embeddings.weight'", "'F8_E8M0' is not supported"},
               [&] { static_cast<void>(read(folder)); });
}

TEST_CASE("tensors that are not aligned to their elements") {
  for (std::size_t padding = 1; padding < 4; ++padding) {
    const TemporaryFolder folder;
    folder.write("config.json", bert_config().dump());
    folder.write("model.safetensors", test::safetensors_of(bert_tensors(), padding));
    EncoderWeights weights = read(folder);
    const EncoderWeights moved = std::move(weights);
    check_bert(moved, bert_tensors());
    CHECK(reinterpret_cast<std::uintptr_t>(moved.word.data) % alignof(float) == 0);
  }
}

/// An ALBERT of two groups of two layers.
TEST_CASE("albert's groups") {
  const TemporaryFolder folder;
  nlohmann::json config = bert_config();
  config.update(
      {{"model_type", "albert"}, {"embedding_size", 8}, {"num_hidden_groups", 2}, {"inner_group_num", 2}});
  MadeUpTensors tensors = bert_tensors();
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first.starts_with("encoder."); });
  std::int64_t seed = 100;
  const auto add = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    tensors[name + ".weight"] = in == 0 ? MadeUpTensor{{out}, ++seed} : MadeUpTensor{{out, in}, ++seed};
    tensors[name + ".bias"] = {{out}, ++seed};
  };
  add("encoder.embedding_hidden_mapping_in", 8, 8);
  const auto layer_of = [](int group, int inner) {
    return "encoder.albert_layer_groups." + std::to_string(group) + ".albert_layers." +
           std::to_string(inner) + ".";
  };
  for (int i = 0; i < 4; ++i) {
    const std::string layer = layer_of(i / 2, i % 2);
    for (const char* name : {"query", "key", "value", "dense"}) add(layer + "attention." + name, 8, 8);
    add(layer + "attention.LayerNorm", 8, 0);
    add(layer + "ffn", 12, 8);
    add(layer + "ffn_output", 8, 12);
    add(layer + "full_layer_layer_norm", 8, 0);
  }
  test::write_model(folder, config, tensors);
  const EncoderWeights weights = read(folder);
  check_linear(weights.embedding_projection, tensors, "encoder.embedding_hidden_mapping_in");
  REQUIRE(weights.blocks.size() == 4);
  for (int i = 0; i < 4; ++i) {
    const BlockWeights& layer = weights.blocks[static_cast<std::size_t>(i)];
    check_linear(layer.query, tensors, layer_of(i / 2, i % 2) + "attention.query");
    check_linear(layer.down, tensors, layer_of(i / 2, i % 2) + "ffn_output");
    check_norm(layer.feed_forward_norm, tensors, layer_of(i / 2, i % 2) + "full_layer_layer_norm");
  }
}

MadeUpTensors modernbert_tensors() {
  MadeUpTensors tensors = {{"model.embeddings.tok_embeddings.weight", {{11, 8}, 1}},
                           {"model.embeddings.norm.weight", {{8}, 2}},
                           {"model.final_norm.weight", {{8}, 3}}};
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    const auto seed = static_cast<std::int64_t>(10 * tensors.size());
    if (layer.find('0') == std::string::npos) tensors[layer + "attn_norm.weight"] = {{8}, seed};
    tensors[layer + "attn.Wqkv.weight"] = {{24, 8}, seed + 1};
    tensors[layer + "attn.Wqkv.bias"] = {{24}, seed + 2};
    tensors[layer + "attn.Wo.weight"] = {{8, 8}, seed + 3};
    tensors[layer + "attn.Wo.bias"] = {{8}, seed + 4};
    tensors[layer + "mlp_norm.weight"] = {{8}, seed + 5};
    tensors[layer + "mlp.Wi.weight"] = {{24, 8}, seed + 6};
    tensors[layer + "mlp.Wo.weight"] = {{8, 12}, seed + 7};
  }
  return tensors;
}

TEST_CASE("modernbert's fused weights are cut by rows; only chosen biases are there") {
  const TemporaryFolder folder;
  nlohmann::json config = bert_config();
  config.update({{"model_type", "modernbert"}, {"attention_bias", true}});
  const MadeUpTensors tensors = modernbert_tensors();
  test::write_model(folder, config, tensors);
  const EncoderWeights weights = read(folder);
  CHECK_FALSE(weights.position);
  CHECK_FALSE(weights.embedding_norm.beta);
  CHECK(shows(weights.final_norm.gamma, tensors.at("model.final_norm.weight")));
  CHECK_FALSE(weights.blocks[0].attention_norm.gamma);
  CHECK(shows(weights.blocks[1].attention_norm.gamma, tensors.at("model.layers.1.attn_norm.weight")));
  const BlockWeights& layer = weights.blocks[1];
  const MadeUpTensor& fused = tensors.at("model.layers.1.attn.Wqkv.weight");
  CHECK(shows(layer.query.weight, fused));
  CHECK(shows(layer.key.weight, fused, 8));
  CHECK(shows(layer.value.weight, fused, 16));
  CHECK(layer.value.weight.rows == 8);
  for (std::int64_t i = 0; i < 8; ++i)
    CHECK(test::element(layer.value.bias, i) ==
          test::made_up_value(tensors.at("model.layers.1.attn.Wqkv.bias").seed, 16 + i));
  const MadeUpTensor& gated = tensors.at("model.layers.1.mlp.Wi.weight");
  CHECK(shows(layer.gate.weight, gated));
  CHECK(shows(layer.up.weight, gated, 12));
  CHECK(layer.up.weight.rows == 12);
  CHECK_FALSE(layer.gate.bias);
}

TEST_CASE("mpnet's table of relative positions, without the rows that have no bucket") {
  const TemporaryFolder folder;
  nlohmann::json config = bert_config();
  config.update({{"model_type", "mpnet"}, {"relative_attention_num_buckets", 40}});
  MadeUpTensors tensors = test::renamed(bert_tensors(), [](std::string name) {
    const std::pair<std::string, std::string> names[] = {
        {"attention.self.query", "attention.attn.q"},
        {"attention.self.key", "attention.attn.k"},
        {"attention.self.value", "attention.attn.v"},
        {"attention.output.dense", "attention.attn.o"},
        {"attention.output.LayerNorm", "attention.LayerNorm"}};
    for (const auto& [old_name, new_name] : names) {
      const std::size_t at = name.find(old_name);
      if (at != std::string::npos) name.replace(at, old_name.size(), new_name);
    }
    return name;
  });
  tensors.erase("embeddings.token_type_embeddings.weight");
  tensors["encoder.relative_attention_bias.weight"] = {{40, 2}, 77};
  test::write_model(folder, config, tensors);
  const EncoderWeights weights = read(folder);
  CHECK(shows(weights.relative_attention_bias, tensors.at("encoder.relative_attention_bias.weight")));
  CHECK(weights.relative_attention_bias.rows == 32);
  CHECK_FALSE(weights.type);
  check_linear(weights.blocks[1].attention_output, tensors, "encoder.layer.1.attention.attn.o");
}

void expect_bad(const MadeUpTensors& tensors, std::initializer_list<std::string> parts) {
  const TemporaryFolder folder;
  test::write_model(folder, bert_config(), tensors);
  expect_error(ErrorCode::file_format, parts, [&] { static_cast<void>(read(folder)); });
}

TEST_CASE("a missing tensor, a wrong shape, a type that is no weight's: each is named") {
  const std::string name = "encoder.layer.1.output.dense.weight";
  MadeUpTensors tensors = bert_tensors();
  tensors.erase(name);
  expect_bad(tensors, {"model.safetensors", "'" + name + "'", "is missing", "[8, 12]"});
  tensors[name] = {{12, 8}, 1};
  expect_bad(tensors, {"model.safetensors", "'" + name + "'", "is [12, 8]; expected [8, 12]"});
  tensors[name] = {{96}, 1};
  expect_bad(tensors, {"is [96]; expected [8, 12]"});
  tensors[name] = {{8, 12}, 1, "I32"};
  expect_bad(tensors, {"'" + name + "'", "is stored as I32; expected F32, F16, BF16 or F64"});
  expect_bad({{"something.else", {{8}, 1}}},
             {"'embeddings.word_embeddings.weight'", "is missing", "bert., roberta.", "model."});
}

TEST_CASE(
    "a tensor that would change the result is an error that names it; heads and buffers do not matter") {
  const auto expect_unsupported = [](const std::string& name) {
    CAPTURE(name);
    MadeUpTensors tensors = bert_tensors();
    tensors[name] = {{8}, 1};
    const TemporaryFolder folder;
    test::write_model(folder, bert_config(), tensors);
    expect_error(ErrorCode::unsupported, {"model.safetensors", "'" + name + "'", "'bert'"},
                 [&] { static_cast<void>(read(folder)); });
  };
  expect_unsupported("encoder.layer.0.attention.self.distance_embedding.weight");
  expect_unsupported("encoder.layer.1.output.adapters.a.adapter_down.0.weight");
  expect_unsupported("encoder.layer.1.attention.self.query.lora_A.weight");
  expect_unsupported("embeddings.task_type_embeddings.weight");
  MadeUpTensors tensors = bert_tensors();
  for (const char* name :
       {"pooler.dense.weight", "cls.predictions.bias", "embeddings.position_ids",
        "encoder.layer.7.output.dense.weight", "encoder.layer.1.attention.self.rotary.inv_freq"})
    tensors[name] = {{8}, 1};
  const TemporaryFolder folder;
  test::write_model(folder, bert_config(), tensors);
  CHECK(read(folder).blocks.size() == 2);
}

}  // namespace
}  // namespace saccade
