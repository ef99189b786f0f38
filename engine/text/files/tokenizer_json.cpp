#include "text/files/tokenizer_json.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/printable.hpp"
#include "text/files/json_file.hpp"
#include "text/files/template_json.hpp"
#include "text/normalize/normalizer_json.hpp"
#include "text/subword/word_piece.hpp"

namespace saccade::text {
namespace {

using core::printable;

/// Files of old versions lack the type; what it must be is then seen from the model's other members.
std::string model_type(const JsonValue& model) {
  if (const auto type = model.find("type")) return type->text();
  if (model.find("merges")) return "BPE";
  if (model.at("vocab").is_list()) return "Unigram";
  return model.find("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

Vocabulary read_vocabulary(const JsonValue& vocab) {
  std::vector<const std::string*> tokens(vocab.size());
  vocab.each_member([&](const std::string& token, const JsonValue& value) {
    const auto id = static_cast<std::size_t>(read_id(value));
    const auto fail = [&](const std::string& what) {
      return vocab.error(ErrorCode::file_format,
                         "gives '" + printable(token) + "' id " + std::to_string(id) + what);
    };
    if (id >= tokens.size())
      throw fail(", but has " + std::to_string(tokens.size()) + " tokens; expected every id from 0 on once");
    if (tokens[id] != nullptr) throw fail(", which '" + printable(*tokens[id]) + "' has, too");
    tokens[id] = &token;
  });
  Vocabulary vocabulary;
  for (const std::string* const token : tokens) vocabulary.add(*token);
  return vocabulary;
}

std::vector<AddedToken> read_added_tokens(const JsonValue& tokenizer) {
  std::vector<AddedToken> tokens;
  if (const auto list = tokenizer.find("added_tokens")) {
    list->each([&](const JsonValue& value) {
      tokens.push_back(read_added_token(value));
      tokens.back().id = read_id(value.at("id"));
      if (tokens.back().content.empty()) tokens.pop_back();
    });
  }
  return tokens;
}

/// The model and the id of its token for unknown words.
struct Model {
  std::unique_ptr<const SubwordModel> subwords;
  std::int32_t unknown;
};

Model make_word_piece(const JsonValue& model, const Vocabulary& vocabulary) {
  const JsonValue unknown = model.at("unk_token");
  const std::optional<std::int32_t> id = vocabulary.id_of(unknown.text());
  if (!id)
    throw unknown.error(ErrorCode::file_format,
                        "'" + printable(unknown.text()) + "' is not in the vocabulary");
  return {std::make_unique<WordPiece>(
              vocabulary, WordPieceOptions{.unknown = *id,
                                           .continuation = model.at("continuing_subword_prefix").text(),
                                           .longest_word = model.at("max_input_chars_per_word").whole()}),
          *id};
}

}  // namespace

TokenizerParts read_tokenizer_json(const std::filesystem::path& path, const TokenizerConfig& config) {
  const JsonFile file(path);
  const JsonValue root = file.root();
  if (const auto version = root.find("version"); version && version->text() != "1.0")
    throw version->error(ErrorCode::unsupported, "is '" + printable(version->text()) + "'; expected 1.0");
  const JsonValue model = root.at("model");
  if (const std::string type = model_type(model); type != "WordPiece")
    throw model.error(ErrorCode::unsupported,
                      "is of type '" + printable(type) + "', which is not known here; known is WordPiece");

  Vocabulary vocabulary = read_vocabulary(model.at("vocab"));
  Model word_piece = make_word_piece(model, vocabulary);
  std::vector<AddedToken> added = read_added_tokens(root);
  add_to_vocabulary(path, added, vocabulary);
  Normalizer normalizer(read_normalizer(root));
  AddedTokens raw = choose_tokens(path, added, false, normalizer),
              normalized = choose_tokens(path, added, true, normalizer);
  Templates templates = read_post_processor(root, vocabulary);
  SpecialTokens special_tokens = special_tokens_of(config, vocabulary);
  special_tokens.unk = word_piece.unknown;
  return {.raw_tokens = std::move(raw),
          .normalizer = std::move(normalizer),
          .normalized_tokens = std::move(normalized),
          .pre_tokenizer = PreTokenizer(read_pre_tokenizer(root)),
          .model = std::move(word_piece.subwords),
          .single = std::move(templates.single),
          .pair = std::move(templates.pair),
          .vocabulary = std::move(vocabulary),
          .special_tokens = special_tokens,
          .model_max_length = config.model_max_length};
}

}  // namespace saccade::text
