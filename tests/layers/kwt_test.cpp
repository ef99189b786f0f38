// A trained encoder of sounds: twelve layers, their norms behind them, over a table of made-up words that are
// the frames of four recordings.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "layers/encoder_pass.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t width = 64, frames = 98, tokens = frames + 1, features = 40, classes = 12,
                       layer_count = 12;
constexpr std::array recordings = {"no_1000ms", "noise_1000ms", "silence_1000ms", "yes_1000ms"};

std::filesystem::path folder() {
  return data_path("models/kwt-1");
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

/// The weights of the file, packed.
class Weights {
 public:
  Weights(Engine& engine, const TensorFile& file) : engine_(engine), file_(file) {}

  /// Linear maps side by side.
  [[nodiscard]] ops::PackedWeights maps(const std::vector<std::string>& names) const {
    std::vector<std::vector<float>> values;
    std::vector<ops::LinearView> views;
    for (const std::string& name : names) {
      const std::int64_t out = shape(name)[0], in = shape(name)[1];
      const float* const weight = values.emplace_back(read_tensor(file_, name + ".weight")).data();
      ops::LinearView& view = views.emplace_back();
      view.weight = {weight, StorageType::f32, out, in, in};
      if (file_.find(name + ".bias") == nullptr) continue;
      const float* const bias = values.emplace_back(read_tensor(file_, name + ".bias")).data();
      view.bias = {bias, StorageType::f32, 1, out, out};
    }
    return ops::pack_weights(scheduler::context_of(engine_), views);
  }

  [[nodiscard]] layers::PackedNorm norm(const std::string& name) const {
    return {read_tensor(file_, name + ".weight"), read_tensor(file_, name + ".bias"), 1e-6f};
  }

  [[nodiscard]] layers::PackedBlock block(const std::string& prefix) const {
    return {.qkv = maps({prefix + "attention.query", prefix + "attention.key", prefix + "attention.value"}),
            .attention_output = maps({prefix + "attention.output.dense"}),
            .attention_norm = norm(prefix + "attention.output.LayerNorm"),
            .gate_up = maps({prefix + "intermediate.dense"}),
            .down = maps({prefix + "output.dense"}),
            .feed_forward_norm = norm(prefix + "output.LayerNorm")};
  }

 private:
  /// [out, in]
  [[nodiscard]] const std::vector<std::int64_t>& shape(const std::string& map) const {
    return file_.at(map + ".weight").shape;
  }

  Engine& engine_;
  const TensorFile& file_;
};

/// Words are the rows of `words`, and there are no positions.
layers::PackedEncoder pack_kwt(Engine& engine, const TensorFile& file, const std::vector<float>& words) {
  layers::PackedEncoder encoder;
  encoder.shape.attention = {
      .hidden_size = width, .num_attention_heads = 1, .num_key_value_heads = 1, .head_dim = width};
  encoder.shape.intermediate_size = 4 * width;
  encoder.shape.activation = kernels::Activation::gelu_tanh;
  encoder.max_tokens = tokens;
  encoder.embeddings.words = {words.data(), StorageType::f32, static_cast<std::int64_t>(words.size()) / width,
                              width, width};
  const Weights weights(engine, file);
  for (std::size_t layer = 0; layer < layer_count; ++layer) {
    encoder.blocks.push_back(weights.block("encoder.layer." + std::to_string(layer) + "."));
    encoder.layers.push_back({.shape = {.block = layer}});
  }
  return encoder;
}

TEST_CASE("outside data: a trained encoder of sounds gives the hidden states and classes of its authors") {
  if (lacks(folder())) return;
  const TensorFile file = TensorFile::open(folder() / "model.safetensors");
  const std::vector<float> words = inputs(file);
  const auto count = static_cast<std::int64_t>(recordings.size()) * tokens;
  Engine engine;
  const layers::PackedEncoder encoder = pack_kwt(engine, file, words);

  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), 0);
  const std::vector<std::int64_t> offsets = {0, tokens, 2 * tokens, 3 * tokens, 4 * tokens};
  std::vector<float> hidden(ids.size() * static_cast<std::size_t>(width));
  layers::EncoderPass pass(scheduler::context_of(engine), encoder, {.ids = ids, .offsets = offsets},
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
