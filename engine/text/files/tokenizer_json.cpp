#include "text/files/tokenizer_json.hpp"

#include <utility>
#include <variant>
#include <vector>

#include "text/files/bert_stages.hpp"
#include "text/normalize/normalizer_json.hpp"
#include "text/post/template_json.hpp"
#include "text/split/splitter_json.hpp"
#include "text/subword/subword_model_json.hpp"

namespace saccade::text {
namespace {

std::vector<AddedToken> read_added_tokens(const io::JsonValue& tokenizer) {
  std::vector<AddedToken> tokens;
  if (const auto list = tokenizer.find("added_tokens")) {
    list->each([&](const io::JsonValue& value) {
      tokens.push_back(read_added_token(value));
      tokens.back().id = read_id(value.at("id"));
      if (tokens.back().content.empty()) tokens.pop_back();
    });
  }
  return tokens;
}

}  // namespace

TokenizerParts read_tokenizer_json(const std::filesystem::path& path, const TokenizerConfig& config) {
  const io::JsonValue file = io::read_json(path);
  if (file.text("version", "1.0") != "1.0") throw file.unsupported("version", "1.0");
  StoredSubwordModel stored = read_subword_model(file.at("model"));
  TokenizerParts parts = {.model = std::move(stored.model), .vocabulary = std::move(stored.vocabulary)};
  std::vector<AddedToken> added = read_added_tokens(file);
  add_to_vocabulary(path, added, parts.vocabulary);
  const bool as_bert = config.is_bert && std::holds_alternative<WordPiece>(parts.model);
  parts.normalizers = as_bert ? bert_normalizers(config) : read_normalizers(file);
  if (config.lower_case_first) parts.normalizers.insert(parts.normalizers.begin(), lower_case_normalizer());
  parts.raw_tokens = choose_tokens(path, added, false, parts.normalizers);
  parts.normalized_tokens = choose_tokens(path, added, true, parts.normalizers);
  parts.splitters = as_bert ? bert_splitters() : read_splitters(file);
  parts.templates = read_post_processor(file, parts.vocabulary);
  parts.special_tokens = special_tokens_of(config, parts.vocabulary);
  parts.special_tokens.unk = stored.unknown;
  parts.model_max_length = config.model_max_length;
  return parts;
}

}  // namespace saccade::text
