// `saccade map --top` over a text of 8192 tokens.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "fixtures/expect_error.hpp"
#include "saccade/isa.hpp"
#include "tools/map_file.hpp"
#include "tools/stored_tensor.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t tokens = 8192, width = 16, words = 100;

/// A BERT of two layers and random weights that takes that many tokens; its words are w5 to w99.
std::filesystem::path write_long_model(const TemporaryFolder& folder) {
  Tensors weights = {random_tensor("embeddings.word_embeddings.weight", {words, width}, 1),
                     random_tensor("embeddings.position_embeddings.weight", {tokens, width}, 2),
                     random_tensor("embeddings.token_type_embeddings.weight", {2, width}, 3)};
  unsigned seed = 4;
  const auto add = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    weights.push_back(random_tensor(name + ".weight", in == 0 ? Integers{out} : Integers{out, in}, seed++));
    weights.push_back(random_tensor(name + ".bias", {out}, seed++));
  };
  add("embeddings.LayerNorm", width, 0);
  for (const std::string layer : {"encoder.layer.0.", "encoder.layer.1."}) {
    for (const char* map : {"query", "key", "value"}) add(layer + "attention.self." + map, width, width);
    add(layer + "attention.output.dense", width, width);
    add(layer + "attention.output.LayerNorm", width, 0);
    add(layer + "intermediate.dense", 2 * width, width);
    add(layer + "output.dense", width, 2 * width);
    add(layer + "output.LayerNorm", width, 0);
  }
  write_tensors(folder / "model.safetensors", weights);
  const nlohmann::json config = {{"model_type", "bert"},    {"hidden_size", width},
                                 {"num_hidden_layers", 2},  {"num_attention_heads", 2},
                                 {"intermediate_size", 32}, {"max_position_embeddings", tokens},
                                 {"vocab_size", words},     {"type_vocab_size", 2},
                                 {"hidden_act", "gelu"},    {"layer_norm_eps", 1e-12}};
  folder.write("config.json", config.dump());
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (std::int64_t word = 5; word < words; ++word) vocabulary += "w" + std::to_string(word) + "\n";
  folder.write("vocab.txt", vocabulary);
  return folder.path();
}

/// The most memory that a process that this one started has had, in MiB.
double most_memory_of_children() {
  rusage usage = {};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

TEST_CASE("8192 tokens: the top keys of each and one token's row, in memory that grows with tokens only") {
  const TemporaryFolder folder, out;
  // Whichever the tests run with: scalar code takes a minute.
  const std::string fastest(to_string(supported_isas().back()));
  const std::filesystem::path model = write_long_model(folder);
  std::string text;
  for (std::int64_t i = 0; i < tokens + 10; ++i) text += "w" + std::to_string(5 + i * i % 95) + " ";
  const Arguments asked = {"--file", folder.write("text", text), "--model", model, "--isa", fastest};
  const auto with = [&](Arguments more) {
    more.insert(more.begin(), asked.begin(), asked.end());
    return more;
  };
  const nlohmann::json top = json_of(out, with({"--top", "4"}));
  REQUIRE(top.at("keys").at(1).at(1).size() == tokens);
  const nlohmann::json row =
      json_of(out, with({"--layer", "1", "--head", "1", "--token", "#5000", "--top", "4"}));
  CHECK(row.at("keys").at(0).at(0).at(0) == top.at("keys").at(1).at(1).at(5000));
  CHECK(row.at("probabilities").at(0).at(0).at(0) == top.at("probabilities").at(1).at(1).at(5000));
  check_contains(run_map(with({"--token", "w5:2", "--top", "3"})).err, {"cut to 8,192 tokens"});
  // All probabilities would be 1 GiB; of one token they are a row for each layer and head.
  CHECK(most_memory_of_children() < 300);
}

}  // namespace saccade::test
