#pragma once

#include <string>
#include <vector>

#include "bench/random_minilm.hpp"
#include "onnx_model.hpp"

namespace saccade::bench {

/// The ONNX model that ONNX Runtime's optimiser for BERT makes of such an encoder, of its fused operators:
/// "ids" [sequences][tokens] to the only output [sequences][tokens][width]. Where sequences are padded there
/// is also "mask", of the shape of ids, with 1 for tokens and then 0.
class BertOnnx {
 public:
  BertOnnx(const TensorFile& weights, bool padded) : weights_(weights), padded_(padded) {
    model_.input({"ids", {-1, -1}, OnnxType::i32});
    if (padded_) model_.input({"mask", {-1, -1}, OnnxType::i32});
    std::string hidden = embed();
    for (std::int64_t i = 0; i < minilm::layers; ++i) {
      const std::string layer = "encoder.layer." + std::to_string(i) + ".";
      hidden = feed_forward(layer, attend(layer, hidden));
    }
    model_.output({hidden, {-1, -1, minilm::width}});
  }
  [[nodiscard]] std::string bytes() const { return model_.bytes(); }

 private:
  /// The vector of token type 0, which every token has, is added to those of positions: one input less.
  std::string embed() {
    const std::string name = "embeddings.";
    std::vector<float> positions = read(name + "position_embeddings.weight");
    const std::vector<float> type = read(name + "token_type_embeddings.weight");
    const auto width = static_cast<std::size_t>(minilm::width);
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] += type[i % width];
    model_.weight("positions", {minilm::positions, minilm::width}, positions);
    std::vector<std::string> inputs = {"ids", "", vector(name + "word_embeddings.weight"), "positions", ""};
    add_norm(inputs, name + "LayerNorm");
    if (padded_) inputs.emplace_back("mask");
    model_.add({"EmbedLayerNormalization", "com.microsoft", {{"epsilon", minilm::epsilon}}}, inputs,
               {"embedded", "lengths"});  // it wants to be asked for both
    return "embedded";
  }

  std::string attend(const std::string& layer, const std::string& hidden) {
    const std::string name = layer + "attention.", self = name + "self.";
    std::vector<std::string> inputs = {hidden, transposed(self, {"query", "key", "value"}), self + "bias"};
    std::vector<float> bias;
    for (const char* part : {"query.bias", "key.bias", "value.bias"}) {
      const std::vector<float> values = read(self + part);
      bias.insert(bias.end(), values.begin(), values.end());
    }
    model_.weight(self + "bias", {static_cast<std::int64_t>(bias.size())}, bias);
    if (padded_) inputs.emplace_back("lengths");
    model_.add({"Attention", "com.microsoft", {{"num_heads", minilm::heads}}}, inputs, {name + "context"});
    return add_and_norm(name + "output.", name + "context", hidden);
  }

  std::string feed_forward(const std::string& layer, const std::string& hidden) {
    const std::string name = layer + "intermediate.";
    apply("MatMul", "", {hidden, transposed(name, {"dense"})}, name + "product");
    apply("BiasGelu", "com.microsoft", {name + "product", vector(name + "dense.bias")}, name + "gelu");
    return add_and_norm(layer + "output.", name + "gelu", hidden);
  }

  /// The linear map `name`dense, the residual and the layer norm `name`LayerNorm.
  std::string add_and_norm(const std::string& name, const std::string& input, const std::string& residual) {
    apply("MatMul", "", {input, transposed(name, {"dense"})}, name + "product");
    std::vector<std::string> inputs = {name + "product", residual};
    add_norm(inputs, name + "LayerNorm");
    inputs.push_back(vector(name + "dense.bias"));
    model_.add({"SkipLayerNormalization", "com.microsoft", {{"epsilon", minilm::epsilon}}}, inputs,
               {name + "norm"});
    return name + "norm";
  }

  void add_norm(std::vector<std::string>& inputs, const std::string& name) {
    inputs.push_back(vector(name + ".weight"));
    inputs.push_back(vector(name + ".bias"));
  }
  void apply(const std::string& op, const std::string& domain, const std::vector<std::string>& inputs,
             const std::string& output) {
    model_.add({op, domain}, inputs, {output});
  }
  [[nodiscard]] std::vector<float> read(const std::string& name) const {
    std::vector<float> values(static_cast<std::size_t>(weights_.at(name).elements()));
    weights_.read(name, 0, values);
    return values;
  }
  /// Declares a weight as it is stored.
  std::string vector(const std::string& name) {
    model_.weight(name, weights_.at(name).shape, read(name));
    return name;
  }
  /// Declares [in][out] of linear maps that are stored as [out][in], side by side.
  std::string transposed(const std::string& prefix, const std::vector<std::string>& maps) {
    const std::vector<std::int64_t>& shape = weights_.at(prefix + maps.front() + ".weight").shape;
    const auto out = static_cast<std::size_t>(shape[0]), in = static_cast<std::size_t>(shape[1]);
    const std::size_t columns = maps.size() * out;
    std::vector<float> all(in * columns);
    for (std::size_t map = 0; map < maps.size(); ++map) {
      const std::vector<float> one = read(prefix + maps[map] + ".weight");
      for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) all[i * columns + map * out + o] = one[o * in + i];
    }
    const std::string name = prefix + "weight";
    model_.weight(name, {shape[1], static_cast<std::int64_t>(columns)}, all);
    return name;
  }

  const TensorFile& weights_;
  bool padded_;
  OnnxModel model_;
};

}  // namespace saccade::bench
