// A trained encoder of sounds: twelve layers, their norms behind them, over a table of made-up words that are
// the frames of four recordings.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "layers/encoder_pass.hpp"
#include "model/encoder_config.hpp"
#include "model/encoder_weights.hpp"
#include "model/pack_encoder.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t width = 64, frames = 98, tokens = frames + 1, features = 40, classes = 12,
                       layer_count = 12;
constexpr std::array recordings = {"no_1000ms", "noise_1000ms", "silence_1000ms", "yes_1000ms"};

std::filesystem::path folder() {
  return data_root() / "models" / "kwt-1";
}

std::vector<float> reference(const std::string& recording, const std::string& what) {
  return read_npy(folder() / "reference" / (recording + "_" + what + ".npy"));
}

float dot(const float* a, const float* b, std::int64_t n) {
  return static_cast<float>(std::inner_product(a, a + n, b, 0.0));
}

/// [CLS] and the projected frames of each recording, each at its position: what goes into the first layer.
std::vector<float> inputs(const TensorFile& file) {
  const std::vector<float> weight = read_tensor(file, "embeddings.proj.weight"),
                           bias = read_tensor(file, "embeddings.proj.bias"),
                           cls = read_tensor(file, "embeddings.cls"),
                           positions = read_tensor(file, "embeddings.position");
  std::vector<float> rows;
  for (const char* recording : recordings) {
    const std::vector<float> x = reference(recording, "features");
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t j = 0; j < width; ++j) {
        const auto at = static_cast<std::size_t>(j);
        const float value =
            t == 0 ? cls[at]
                   : bias[at] + dot(x.data() + (t - 1) * features, weight.data() + j * features, features);
        rows.push_back(value + positions[static_cast<std::size_t>(t * width + j)]);
      }
    }
  }
  return rows;
}

model::EncoderConfig config_of_kwt() {
  model::EncoderConfig config;
  config.layer_weights = layer_count;
  for (std::int64_t layer = 0; layer < layer_count; ++layer) config.layers.push_back({.weights = layer});
  config.width = config.embedding_width = width;
  config.heads = 1;
  config.feed_forward = 4 * width;
  config.max_tokens = tokens;
  config.activation = model::Activation::gelu_tanh;
  config.norm_epsilon = 1e-6;
  return config;
}

model::EncoderLayerWeights layer_weights(model::WeightFiles& files, const std::string& prefix) {
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    return model::LinearView{files.at(prefix + name + ".weight", {out, in}),
                             files.at(prefix + name + ".bias", {out})};
  };
  const auto norm = [&](const std::string& name) {
    return model::NormView{files.at(prefix + name + ".weight", {width}),
                           files.at(prefix + name + ".bias", {width})};
  };
  const auto without_bias = [&](const std::string& name) {
    return model::LinearView{files.at(prefix + "attention." + name + ".weight", {width, width}), {}};
  };
  return {.query = without_bias("query"),
          .key = without_bias("key"),
          .value = without_bias("value"),
          .attention_output = linear("attention.output.dense", width, width),
          .attention_norm = norm("attention.output.LayerNorm"),
          .feed_forward_in = linear("intermediate.dense", 4 * width, width),
          .feed_forward_gate = {},
          .feed_forward_out = linear("output.dense", width, 4 * width),
          .feed_forward_norm = norm("output.LayerNorm")};
}

TEST_CASE("a trained encoder of sounds gives the hidden states and classes of its authors") {
  if (!std::filesystem::exists(folder())) {
    MESSAGE("skipped: no ", folder().string());
    return;
  }
  const TensorFile file = TensorFile::open(folder() / "model.safetensors");
  const std::vector<float> words = inputs(file);
  const auto count = static_cast<std::int64_t>(recordings.size()) * tokens;
  model::EncoderWeights weights;
  weights.files = model::WeightFiles(folder());
  weights.word = {words.data(), StorageType::f32, count, width};
  for (std::int64_t layer = 0; layer < layer_count; ++layer)
    weights.layers.push_back(layer_weights(weights.files, "encoder.layer." + std::to_string(layer) + "."));
  Engine engine;
  const auto encoder = model::pack_encoder(engine.state(), config_of_kwt(), weights);

  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), 0);
  const std::vector<std::int64_t> offsets = {0, tokens, 2 * tokens, 3 * tokens, 4 * tokens};
  std::vector<float> hidden(ids.size() * static_cast<std::size_t>(width));
  const layers::EncoderPass pass(engine.state(), *encoder, {.ids = ids, .offsets = offsets},
                                 {hidden.data(), count, width, width});
  std::vector<std::byte> workspace(pass.workspace() + 64);
  void* aligned = workspace.data();
  std::size_t space = workspace.size();
  pass.run(static_cast<std::byte*>(std::align(64, pass.workspace(), aligned, space)));

  const std::vector<float> head = read_tensor(file, "classifier.weight"),
                           bias = read_tensor(file, "classifier.bias");
  for (std::size_t r = 0; r < recordings.size(); ++r) {
    CAPTURE(recordings[r]);
    const std::vector<float> expected = reference(recordings[r], "hidden_last"),
                             logits = reference(recordings[r], "logits_fp64");
    const float* const got = hidden.data() + r * expected.size();
    float largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
      largest = std::max(largest, std::abs(got[i] - expected[i]));
    CHECK(largest <= 1e-4f);
    std::vector<float> ours;
    for (std::int64_t c = 0; c < classes; ++c)
      ours.push_back(dot(got, head.data() + c * width, width) + bias[static_cast<std::size_t>(c)]);
    CHECK(std::max_element(ours.begin(), ours.end()) - ours.begin() ==
          std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
}

}  // namespace
}  // namespace saccade::test
