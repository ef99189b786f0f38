// Texts whose vectors are not finite: counted, without a score, an error where asked for.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "saccade/saccade.hpp"
#include "tools/command.hpp"

namespace saccade::test {
namespace {

namespace fs = std::filesystem;

/// The default model, in which the token of one word has a NaN.
fs::path model_with_nan(const TemporaryFolder& folder, const std::string& word) {
  const fs::path model = folder / "model";
  fs::copy(sample_model_path(), model, fs::copy_options::recursive);
  const std::int32_t id = Tokenizer::load(model).tokenize(word).ids[1];
  const fs::path weights = model / "model.safetensors";
  std::string bytes = read_bytes(weights);
  const std::size_t header = static_cast<unsigned char>(bytes[0]) +
                             256u * static_cast<unsigned char>(bytes[1]) +
                             65536u * static_cast<unsigned char>(bytes[2]);
  const auto tensors = nlohmann::json::parse(bytes.substr(8, header));
  const nlohmann::json& table = tensors.at("embeddings.word_embeddings.weight");
  const std::size_t begin = table.at("data_offsets")[0], end = table.at("data_offsets")[1];
  const std::size_t row = (end - begin) / table.at("shape")[0].get<std::size_t>();
  // All ones is a NaN in every type.
  bytes.replace(8 + header + begin + static_cast<std::size_t>(id) * row, row, row, '\xff');
  fs::remove(weights);
  folder.write("model/model.safetensors", bytes);
  return model;
}

TEST_CASE("texts whose vectors are not finite are counted, and an error with --strict") {
  const TemporaryFolder folder;
  const std::string model = model_with_nan(folder, "whale").string();
  const std::string texts = folder.write("t.txt", "a ship\nthe whale\nthe sea\na whale\n").string();
  const Arguments embed = {"embed", texts, "--model", model, "-o"};
  const auto with = [&](const std::string& output, const Arguments& more = {}) {
    Arguments all = embed;
    all.push_back(output);
    all.insert(all.end(), more.begin(), more.end());
    return run_command(all);
  };
  const Finished counted = with((folder / "a.npy").string());
  CHECK(counted.exit_code == 0);
  check_contains(counted.err, {"saccade: warning: 2 texts with a vector that is not finite (--strict"});
  const Finished strict = with((folder / "b.npy").string(), {"--strict"});
  CHECK(strict.exit_code == 1);
  check_contains(strict.err, {"t.txt:2: the text's vector has a value that is not finite as f32"});
  CHECK(!fs::exists(folder / "b.npy"));
  const Finished lines = with("-", {"--tokens"});
  CHECK(lines.exit_code != 0);  // JSON lines have no tokens
  check_contains(with("-").out, {"null"});
  check_contains(with((folder / "c.safetensors").string(), {"--tokens"}).err,
                 {"warning: 2 texts with a vector"});
}

TEST_CASE("similar: a text whose vector is not finite has no score") {
  const TemporaryFolder folder;
  const std::string model = model_with_nan(folder, "whale").string();
  const std::string texts = folder.write("t.txt", "a ship\nthe whale\nthe sea\n").string();
  const Finished found = run_command({"similar", texts, "--model", model, "--query", "boat"});
  CHECK(found.exit_code == 0);
  check_contains(found.err, {"left out 1 text with a vector that is not finite"});
  check_contains(found.out, {"t.txt:1  a ship", "t.txt:3  the sea"});
  CHECK(found.out.find("whale") == std::string::npos);
  const Finished strict = run_command({"similar", texts, "--model", model, "--query", "boat", "--strict"});
  CHECK(strict.exit_code == 1);
  check_contains(strict.err, {"t.txt:2: the text's vector has a value that is not finite"});
}

TEST_CASE("similar: nothing to look for, and nothing to look in") {
  const TemporaryFolder folder;
  const std::string texts = folder.write("t.txt", "a ship\n").string(),
                    none = folder.write("n.txt", "").string();
  for (const std::string blank : {"", "  \t"}) {
    const Finished finished = run_command({"similar", texts, "--query", blank});
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {"--query is blank"});
  }
  const Finished finished = run_command({"similar", none, "--query", "boat"});
  CHECK(finished.exit_code == 1);
  check_contains(finished.err, {"there is no text to search in", "n.txt"});
}

}  // namespace
}  // namespace saccade::test
