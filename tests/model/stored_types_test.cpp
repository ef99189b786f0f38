#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "model/made_up_model.hpp"
#include "reference/compare.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

/// A BERT whose tensors are all stored as `type`, or those that `differs` chooses as `other`.
Encoder load(Engine& engine, const std::string& type, bool (*differs)(const std::string&) = nullptr,
             const std::string& other = "F32") {
  const TemporaryFolder folder;
  MadeUpTensors tensors = bert_tensors();
  for (auto& [name, tensor] : tensors) tensor.type = differs != nullptr && differs(name) ? other : type;
  write_model(folder, bert_config(), tensors);
  return Encoder::load(engine, folder.path());
}

std::vector<float> encode(Engine& engine, const Encoder& encoder) {
  const std::vector<std::int32_t> ids = {1, 2, 3, 10, 0, 7, 7}, types = {0, 0, 1, 1, 0, 1, 0};
  const std::vector<std::int64_t> offsets = {0, 4, 7};
  std::vector<float> hidden(ids.size() * static_cast<std::size_t>(encoder.width()));
  encoder.encode(engine, {ids, types, offsets}, {hidden.data(), 7, encoder.width(), encoder.width()});
  return hidden;
}

TEST_CASE("same bits: an encoder whose file has f16 or bf16, in all or in some tensors") {
  Engine engine({.threads = 2});
  const std::vector<float> expected = encode(engine, load(engine, "F32"));
  for (const std::string type : {"F16", "BF16"}) {
    CAPTURE(type);
    CHECK(difference(encode(engine, load(engine, type)), expected) == "");
    const auto is_key = [](const std::string& name) { return name.ends_with("self.key.weight"); };
    CHECK(difference(encode(engine, load(engine, type, is_key)), expected) == "");
    CHECK(difference(encode(engine, load(engine, type, is_key, type == "F16" ? "BF16" : "F16")), expected) ==
          "");
    const auto is_position = [](const std::string& name) { return name.starts_with("embeddings.position"); };
    CHECK(difference(encode(engine, load(engine, type, is_position)), expected) == "");
  }
}

TEST_CASE("matrices and embeddings stored as f16 or bf16 take half the memory") {
  Engine engine;
  constexpr std::size_t tables = (11 + 9 + 2) * 8;
  // In panels of 16 columns: query, key, value and output; 12 columns up; 8 down.
  constexpr std::size_t block = 4 * 16 * 8 + 16 * 8 + 16 * 12;
  constexpr std::size_t biases = 6 * 16 + 4 * 8, norm = 2 * 8;
  constexpr std::size_t matrices = tables + 2 * block, vectors = 2 * biases + norm;
  CHECK(load(engine, "F32").weight_bytes() == 4 * matrices + 4 * vectors);
  CHECK(load(engine, "F16").weight_bytes() == 2 * matrices + 4 * vectors);
  CHECK(load(engine, "BF16").weight_bytes() == 2 * matrices + 4 * vectors);
  const auto is_bias = [](const std::string& name) { return name.ends_with(".bias"); };
  CHECK(load(engine, "F16", is_bias).weight_bytes() == 2 * matrices + 4 * vectors);
}

}  // namespace
}  // namespace saccade::test
