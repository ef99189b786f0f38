// Texts and the ids that other programs made of them.

#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>
#include <map>
#include <sstream>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/test_data.hpp"
#include "text/sample_tokenizer.hpp"
#include "text/unicode/unicode.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

/// A model of the test data; of the default's, where another set has only texts.
fs::path model(const std::string& name) {
  return data_path_of_any_set(name);
}

const char* const minilm = "models/all-MiniLM-L6-v2-no-weights";
const char* const chinese = "tokenizer/bert-base-chinese";

json read_json(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

std::vector<json> read_lines(const fs::path& path) {
  std::string bytes;
  const gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  char buffer[1 << 16];
  for (int count = 0; (count = gzread(file, buffer, sizeof buffer)) > 0;)
    bytes.append(buffer, static_cast<std::size_t>(count));
  CHECK(gzclose(file) == Z_OK);
  std::vector<json> lines;
  std::istringstream text(bytes);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

void check_lines(const std::string& ending, const char* name) {
  std::size_t checked = 0;
  for (const fs::path& path : test_data("tokenizer", ".gz")) {
    if (!path.filename().string().ends_with(ending)) continue;
    CAPTURE(path.string());
    const Tokenizer tokenizer = Tokenizer::load(model(name));
    const std::vector<json> lines = read_lines(path);
    checked += lines.size();
    for (const json& line : lines) {
      const auto text = line.at("text").get<std::string>();
      if (tokenizer.tokenize(text).ids != line.at("ids").get<Ids>()) FAIL_CHECK(text);
    }
  }
  if (fs::is_directory(data_path("tokenizer"))) CHECK(checked > 0);
}

TEST_CASE("tokenizer: every line, with the vocabulary of all-MiniLM-L6-v2") {
  check_lines("-minilm.jsonl.gz", minilm);
}

TEST_CASE("tokenizer: every line, with the vocabulary of bert-base-chinese") {
  check_lines("-zh.jsonl.gz", chinese);
}

TEST_CASE("tokenizer: vocab.txt and tokenizer.json give the same") {
  for (const fs::path& directory : {model(minilm), sample_model_path()}) {
    if (lacks(directory)) continue;
    const TemporaryFolder folder;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const fs::path& path = entry.path();
      if (path.filename() != "tokenizer.json" && (path.extension() == ".json" || path.extension() == ".txt"))
        fs::copy_file(path, folder / path.filename().string());
    }
    const Tokenizer json_file = Tokenizer::load(directory), txt_file = Tokenizer::load(folder.path());
    CHECK(json_file.vocabulary_size() == txt_file.vocabulary_size());
    for (const fs::path& path : test_data("tokenizer", ".gz")) {
      for (const json& line : read_lines(path)) {
        const auto text = line.at("text").get<std::string>();
        if (json_file.tokenize(text).ids != txt_file.tokenize(text).ids) FAIL_CHECK(text);
      }
    }
  }
}

Tokenizer of_tokens(const json& tokens, bool lower_case) {
  std::string vocab;
  for (const json& token : tokens) vocab += token.get<std::string>() + "\n";
  return load_files(
      {{"vocab.txt", vocab}, {"tokenizer_config.json", json{{"do_lower_case", lower_case}}.dump()}});
}

/// Each token with an id, so that the words themselves come out.
Tokenizer of_words(const json& words, bool lower_case) {
  json tokens = {"[UNK]", "[CLS]", "[SEP]"};
  tokens.insert(tokens.end(), words.begin(), words.end());
  return of_tokens(tokens, lower_case);
}

std::string joined(const json& tokens) {
  std::string text;
  for (const json& token : tokens) text += (text.empty() ? "" : " ") + token.get<std::string>();
  return text;
}

TEST_CASE("tokenizer: the cases of BERT's own tests") {
  for (const fs::path& path : test_data("tokenizer", ".json")) {
    if (!path.filename().string().ends_with("google-bert-cases.json")) continue;
    const json cases = read_json(path);
    const json& full = cases.at("full_tokenizer");
    const Tokenizer tokenizer = of_tokens(full.at("vocab"), full.at("do_lower_case"));
    const std::string text = full.at("text");
    CHECK(tokens_of(tokenizer, text) == joined(full.at("tokens")));
    CHECK(tokenizer.tokenize(text, {.special_tokens = false}).ids == full.at("ids").get<Ids>());
    for (const json& basic : cases.at("basic"))
      CHECK(tokens_of(of_words(basic.at("tokens"), basic.at("do_lower_case")), basic.at("text")) ==
            joined(basic.at("tokens")));
    const Tokenizer pieces = of_tokens(cases.at("wordpiece").at("vocab"), false);
    for (const json& piece : cases.at("wordpiece").at("cases"))
      CHECK(tokens_of(pieces, piece.at("text")) == joined(piece.at("tokens")));
  }
}

TEST_CASE("tokenizer: whitespace, controls and punctuation of BERT's own tests") {
  const std::map<std::string, bool (*)(char32_t) noexcept> functions = {
      {"is_whitespace", text::is_whitespace},
      {"is_control", text::is_control},
      {"is_punctuation", text::is_punctuation}};
  for (const fs::path& path : test_data("tokenizer", ".json")) {
    if (!path.filename().string().ends_with("google-bert-cases.json")) continue;
    const json cases = read_json(path);
    for (const auto& [name, function] : functions) {
      for (const bool expected : {true, false}) {
        for (const json& character : cases.at(name).at(expected ? "true" : "false"))
          CHECK(function(text::decode(character.get<std::string>()).character) == expected);
      }
    }
  }
}

void check_transformersjs(const json& cases, const Tokenizer& tokenizer) {
  for (const json& example : cases) {
    const std::string text = example.at("text");
    const Ids ids = example.at("ids");
    CAPTURE(text);
    if (example.contains("text_pair")) {
      CHECK(tokenizer.tokenize_pair(text, example.at("text_pair").get<std::string>()).ids == ids);
    } else {
      CHECK(tokenizer.tokenize(text).ids == ids);
      CHECK(tokens_of(tokenizer, text) == joined(example.at("tokens")));
    }
  }
}

/// bert-base-chinese in lower case, which other models are.
Tokenizer uncased_chinese() {
  json tokenizer = read_json(model(chinese) / "tokenizer.json");
  tokenizer["normalizer"]["lowercase"] = true;
  return load(tokenizer);
}

TEST_CASE("tokenizer: the cases of transformers.js whose vocabulary is there") {
  for (const fs::path& path : test_data("tokenizer", ".json")) {
    if (!path.filename().string().ends_with("transformersjs-bert.json")) continue;
    const json models = read_json(path);
    if (models.contains("Xenova/bert-base-uncased"))
      check_transformersjs(models["Xenova/bert-base-uncased"], Tokenizer::load(model(minilm)));
    if (models.contains("Xenova/bge-base-zh-v1.5"))
      check_transformersjs(models["Xenova/bge-base-zh-v1.5"], uncased_chinese());
  }
}

TEST_CASE("tokenizer: the sample model's tokens") {
  const Tokenizer tokenizer = Tokenizer::load(sample_model_path());
  CHECK(tokenizer.vocabulary_size() == 12288);
  CHECK(tokenizer.model_max_length() == 254);
  for (const json& example : read_json(sample_model_path() / "sample-tokens.json"))
    CHECK(tokens_of(tokenizer, example.at("text"), true) == joined(example.at("tokens")));
}

}  // namespace
}  // namespace saccade::test
