// Directories as transformers and sentence-transformers wrote them.

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "model/config/sentence_config.hpp"
#include "model/files/dense_weights.hpp"
#include "model/files/encoder_weights.hpp"
#include "model/made_up_model.hpp"

namespace saccade {
namespace {

using model::BlockWeights;
using model::EncoderConfig;
using model::EncoderWeights;

std::int64_t elements_of(const ops::LinearView& view) {
  return view.weight.elements() + view.bias.elements();
}
std::int64_t elements_of(const ops::NormView& view) {
  return view.gamma.elements() + view.beta.elements();
}
std::int64_t elements_of(const BlockWeights& layer) {
  return elements_of(layer.query) + elements_of(layer.key) + elements_of(layer.value) +
         elements_of(layer.attention_output) + elements_of(layer.attention_norm) + elements_of(layer.up) +
         elements_of(layer.gate) + elements_of(layer.down) + elements_of(layer.feed_forward_norm);
}
std::int64_t elements_of(const EncoderWeights& weights) {
  std::int64_t count = weights.word.elements() + weights.position.elements() + weights.type.elements() +
                       weights.relative_attention_bias.elements() + elements_of(weights.embedding_norm) +
                       elements_of(weights.embedding_projection) + elements_of(weights.final_norm);
  for (const BlockWeights& layer : weights.blocks) count += elements_of(layer);
  return count;
}

/// Elements of all tensors in a file but the pooler's, which stands behind the encoder.
std::int64_t elements_in(const TensorFile& file) {
  std::int64_t count = 0;
  for (const TensorInfo& tensor : file.tensors())
    if (tensor.name.find("pooler.") == std::string::npos) count += tensor.elements();
  return count;
}

void check_shape(const ops::WeightView& view, std::int64_t rows, std::int64_t columns) {
  CHECK(static_cast<bool>(view));
  CHECK(view.rows == rows);
  CHECK(view.columns == columns);
}

void check_shapes(const EncoderConfig& config, const EncoderWeights& weights) {
  check_shape(weights.word, config.vocab_size, config.embedding_size);
  if (config.positions != 0) check_shape(weights.position, config.positions, config.embedding_size);
  if (config.type_vocab_size != 0) check_shape(weights.type, config.type_vocab_size, config.embedding_size);
  if (config.relative_buckets != 0)
    check_shape(weights.relative_attention_bias, config.relative_buckets, config.num_attention_heads());
  REQUIRE(static_cast<std::int64_t>(weights.blocks.size()) == config.num_blocks);
  for (const layers::LayerShape& layer : config.layers) {
    const BlockWeights& own = weights.blocks[layer.block];
    check_shape(own.query.weight, config.hidden_size(), config.hidden_size());
    check_shape(own.value.weight, config.hidden_size(), config.hidden_size());
    check_shape(own.up.weight, config.shape.intermediate_size, config.hidden_size());
    check_shape(own.down.weight, config.hidden_size(), config.shape.intermediate_size);
    CHECK(static_cast<bool>(own.attention_norm.gamma) == layer.has_attention_norm);
    CHECK(static_cast<bool>(own.query.bias) == config.shape.attention_bias);
  }
}

/// config.json, by its values alone.
nlohmann::json raw_config(const std::filesystem::path& directory) {
  std::ifstream file(directory / "config.json");
  return nlohmann::json::parse(file);
}

TEST_CASE("every stored encoder is read, to the last weight") {
  const std::vector<std::filesystem::path> files = test::test_data("hf-encoders", ".safetensors");
  for (const std::filesystem::path& path : files) {
    const std::filesystem::path directory = path.parent_path();
    CAPTURE(directory.string());
    const EncoderConfig config = model::read_encoder_config(directory);
    const nlohmann::json raw = raw_config(directory);
    CHECK(config.family == raw["model_type"]);
    CHECK(config.vocab_size == raw["vocab_size"]);
    CHECK(config.hidden_size() == raw[raw.contains("dim") ? "dim" : "hidden_size"]);
    CHECK(config.max_tokens + config.first_position == raw["max_position_embeddings"]);
    const EncoderWeights weights = model::read_encoder_weights(directory, config);
    check_shapes(config, weights);
    const TensorFile file = TensorFile::open(path);
    CHECK(elements_of(weights) == elements_in(file));
  }
}

TEST_CASE("the sample model: an encoder, its mean, a dense step, unit length") {
  const std::filesystem::path directory = test::sample_model_path();
  const EncoderConfig config = model::read_encoder_config(directory);
  CHECK(config.layers.size() == 4);
  CHECK(config.hidden_size() == 128);
  CHECK(config.max_tokens == 256);
  const EncoderWeights weights = model::read_encoder_weights(directory, config);
  check_shapes(config, weights);
  CHECK(weights.word.type == StorageType::f16);
  const TensorFile file = TensorFile::open(directory / "model.safetensors");
  CHECK(elements_of(weights) == elements_in(file));
  const std::vector<float> words = test::read_tensor(file, "embeddings.word_embeddings.weight", 0, 128);
  for (std::int64_t i = 0; i < 128; ++i)
    CHECK(test::element(weights.word, i) == words[static_cast<std::size_t>(i)]);
  const model::SentenceConfig sentence = model::read_sentence_config(directory);
  CHECK(sentence.encoder == directory);
  CHECK(sentence.pooling == std::vector<Pooling>{Pooling::mean});
  CHECK(sentence.max_tokens == 254);
  REQUIRE(sentence.steps.size() == 2);
  const auto& dense = std::get<model::Dense>(sentence.steps[0]);
  CHECK(dense.activation == model::Activation::none);
  check_shape(model::read_dense_weights(dense).linear.weight, 128, 128);
  CHECK(std::holds_alternative<model::Normalize>(sentence.steps[1]));
  CHECK(model::embedding_width(sentence, config.hidden_size()) == 128);
}

TEST_CASE("outside data: all-MiniLM-L6-v2 without its weights is described, and they are missed") {
  const std::filesystem::path directory = test::data_path("models/all-MiniLM-L6-v2-no-weights");
  if (test::lacks(directory)) return;
  const EncoderConfig config = model::read_encoder_config(directory);
  CHECK(config.layers.size() == 6);
  CHECK(config.hidden_size() == 384);
  CHECK(config.num_attention_heads() == 12);
  CHECK(config.shape.intermediate_size == 1536);
  CHECK(config.vocab_size == 30522);
  const model::SentenceConfig sentence = model::read_sentence_config(directory);
  CHECK(sentence.max_tokens == 256);
  CHECK(sentence.prompts.at("query").empty());
  CHECK(sentence.steps.size() == 1);
  test::expect_error(ErrorCode::file_not_usable, {directory.string(), "has neither model.safetensors"},
                     [&] { static_cast<void>(model::read_encoder_weights(directory, config)); });
}

}  // namespace
}  // namespace saccade
