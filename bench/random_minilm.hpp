#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "bench/random.hpp"
#include "saccade/tensor_file.hpp"

/// An encoder of all-MiniLM-L6-v2's shape with random weights, as a directory of the Hugging Face hub.
namespace saccade::bench::minilm {

inline constexpr std::int64_t width = 384, layers = 6, heads = 12, feed_forward = 1536, vocabulary = 30522,
                              positions = 512;
inline constexpr float epsilon = 1e-12f;  ///< of layer norms

inline constexpr const char* config = R"({"model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
  "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522,
  "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12}
)";
inline constexpr const char* modules =
    R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
 {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
)";
inline constexpr const char* pooling =
    R"({"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}
)";

inline std::vector<TensorInfo> tensors() {
  std::vector<TensorInfo> all;
  const auto map = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    all.push_back({.name = name + ".weight", .shape = {out, in}});
    all.push_back({.name = name + ".bias", .shape = {out}});
  };
  const auto norm = [&](const std::string& name) {
    all.push_back({.name = name + ".weight", .shape = {width}});
    all.push_back({.name = name + ".bias", .shape = {width}});
  };
  const auto table = [&](const std::string& name, std::int64_t rows) {
    all.push_back({.name = "embeddings." + name + "_embeddings.weight", .shape = {rows, width}});
  };
  table("word", vocabulary);
  table("position", positions);
  table("token_type", 2);
  norm("embeddings.LayerNorm");
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string prefix = "encoder.layer." + std::to_string(layer) + ".";
    for (const char* part : {"query", "key", "value"}) map(prefix + "attention.self." + part, width, width);
    map(prefix + "attention.output.dense", width, width);
    norm(prefix + "attention.output.LayerNorm");
    map(prefix + "intermediate.dense", feed_forward, width);
    map(prefix + "output.dense", width, feed_forward);
    norm(prefix + "output.LayerNorm");
  }
  return all;
}

/// Of words: what comes before the first thousand is padding, special tokens and single characters.
inline std::vector<std::int32_t> random_ids(std::int64_t tokens) {
  std::mt19937_64 random(1);
  std::vector<std::int32_t> ids;
  for (std::int64_t t = 0; t < tokens; ++t)
    ids.push_back(static_cast<std::int32_t>(1000 + random() % (vocabulary - 1000)));
  return ids;
}

/// Layer norms hardly scale, so that what enters a layer is around 1 and its attention is far from even.
inline std::vector<float> values_of(const TensorInfo& tensor, std::uint64_t seed) {
  const float mean = tensor.name.ends_with("LayerNorm.weight") ? 1.0f : 0.0f;
  std::vector<float> values = random_values(static_cast<std::size_t>(tensor.elements()), seed);
  for (float& value : values) value = mean + value * 0.05f;
  return values;
}

/// Texts become the mean of their tokens' vectors, normalised.
inline void write_directory(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "1_Pooling");
  std::ofstream(directory / "config.json") << config;
  std::ofstream(directory / "modules.json") << modules;
  std::ofstream(directory / "1_Pooling" / "config.json") << pooling;
  const std::vector<TensorInfo> infos = tensors();
  TensorFileWriter writer(directory / "model.safetensors", infos);
  for (std::size_t i = 0; i < infos.size(); ++i) writer.append(infos[i].name, values_of(infos[i], i + 1));
  writer.commit();
}

}  // namespace saccade::bench::minilm
