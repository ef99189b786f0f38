#include "model/made_up_model.hpp"

#include <cstring>

#include "reference/half.hpp"

namespace saccade::test {
namespace {

std::string bytes_of(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string stored_bytes(float value, const std::string& type) {
  if (type == "F16") return bytes_of(f16_of(value), 2);
  if (type == "BF16") return bytes_of(bf16_of(value), 2);
  if (type == "F64") return bytes_of(std::bit_cast<std::uint64_t>(static_cast<double>(value)), 8);
  if (type == "I64") return bytes_of(static_cast<std::uint64_t>(value), 8);
  return bytes_of(std::bit_cast<std::uint32_t>(value), 4);
}

std::int64_t elements_of(const MadeUpTensor& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

}  // namespace

float made_up_value(std::int64_t seed, std::int64_t i) {
  return static_cast<float>((seed * 31 + i * 7) % 101);
}

std::string safetensors_of(const MadeUpTensors& tensors, std::size_t header_padding) {
  nlohmann::json header;
  header["__metadata__"] = {{"format", "pt"}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    for (std::int64_t i = 0; i < elements_of(tensor); ++i)
      data += stored_bytes(made_up_value(tensor.seed, i), tensor.type);
    header[name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8 + header_padding, ' ');
  return bytes_of(text.size(), 8) + text + data;
}

MadeUpTensors bert_tensors() {
  MadeUpTensors tensors;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    tensors[name] = {std::move(shape), static_cast<std::int64_t>(tensors.size()) + 1, "F32"};
  };
  const auto add_linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  };
  const auto add_norm = [&](const std::string& name) {
    add(name + ".weight", {8});
    add(name + ".bias", {8});
  };
  add("embeddings.word_embeddings.weight", {11, 8});
  add("embeddings.position_embeddings.weight", {9, 8});
  add("embeddings.token_type_embeddings.weight", {2, 8});
  add_norm("embeddings.LayerNorm");
  for (const std::string layer : {"encoder.layer.0.", "encoder.layer.1."}) {
    for (const char* map : {"query", "key", "value"}) add_linear(layer + "attention.self." + map, 8, 8);
    add_linear(layer + "attention.output.dense", 8, 8);
    add_norm(layer + "attention.output.LayerNorm");
    add_linear(layer + "intermediate.dense", 12, 8);
    add_linear(layer + "output.dense", 8, 12);
    add_norm(layer + "output.LayerNorm");
  }
  return tensors;
}

nlohmann::json bert_config() {
  return {{"model_type", "bert"}, {"num_hidden_layers", 2},       {"hidden_size", 8},
          {"vocab_size", 11},     {"max_position_embeddings", 9}, {"num_attention_heads", 2},
          {"type_vocab_size", 2}, {"intermediate_size", 12}};
}

void write_model(const TemporaryFolder& folder, const nlohmann::json& config, const MadeUpTensors& tensors) {
  folder.write("config.json", config.dump());
  folder.write("model.safetensors", safetensors_of(tensors));
}

float element(const ops::WeightView& view, std::int64_t i) {
  if (view.type == StorageType::f32) return static_cast<const float*>(view.data)[i];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(view.data)[i];
  return view.type == StorageType::f16 ? of_f16(bits) : of_bf16(bits);
}

bool shows(const ops::WeightView& view, const MadeUpTensor& tensor, std::int64_t first) {
  if (!view || view.columns != tensor.shape.back()) return false;
  for (std::int64_t i = 0; i < view.elements(); ++i)
    if (element(view, i) != made_up_value(tensor.seed, first * view.columns + i)) return false;
  return true;
}

}  // namespace saccade::test
