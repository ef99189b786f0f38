#include "text/files/vocab_txt.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/printable.hpp"
#include "io/files/input_file.hpp"
#include "text/files/bert_stages.hpp"
#include "text/post/template_json.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::text {
namespace {

/// Throws for a tokenizer class that is not like BERT's: others use a vocab.txt in other ways.
void check_class(const std::filesystem::path& path, const TokenizerConfig& config) {
  if (!config.tokenizer_class) return;
  constexpr std::array<std::string_view, 7> as_bert = {"Bert",     "DistilBert", "Electra",    "ConvBert",
                                                       "LayoutLM", "MobileBert", "SqueezeBert"};
  for (const std::string_view name : as_bert) {
    const std::string tokenizer = std::string(name) + "Tokenizer";
    if (*config.tokenizer_class == tokenizer || *config.tokenizer_class == tokenizer + "Fast") return;
  }
  throw Error(ErrorCode::unsupported, path.string() + ": belongs to a tokenizer_class '" +
                                          core::printable(*config.tokenizer_class) +
                                          "', which is not known here; known are BERT's and those like it");
}

Vocabulary read_lines(const std::filesystem::path& path) {
  const std::string bytes = io::read_file(path, std::uint64_t{1} << 28);
  std::string_view rest = bytes;
  if (const std::size_t valid = valid_length(rest); valid < rest.size())
    throw Error(ErrorCode::file_format, path.string() + ": is not UTF-8 at byte " + std::to_string(valid));
  Vocabulary vocabulary;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, length);
    if (line.ends_with('\r')) line.remove_suffix(1);
    vocabulary.add(std::string(line));
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return vocabulary;
}

std::int32_t id_of(const std::filesystem::path& path, const Vocabulary& vocabulary,
                   const std::string& token) {
  if (const std::optional<std::int32_t> id = vocabulary.id_of(token)) return *id;
  throw Error(ErrorCode::file_format, path.string() + ": lacks the token '" + core::printable(token) + "'");
}

/// The tokens of the files, and the special tokens even where no file has them. A token without an id has no
/// row in the model's embedding table and is left out.
std::vector<AddedToken> added_tokens_of(const TokenizerConfig& config, const Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens = config.added_tokens;
  for (const std::string& name : {config.cls, config.sep, config.pad, config.mask, config.unk}) {
    const auto same = [&](const AddedToken& token) { return token.content == name; };
    if (std::none_of(tokens.begin(), tokens.end(), same)) tokens.push_back({.content = name});
  }
  std::erase_if(tokens, [&](const AddedToken& token) {
    return token.content.empty() || (token.id < 0 && !vocabulary.id_of(token.content));
  });
  return tokens;
}

}  // namespace

TokenizerParts read_vocab_txt(const std::filesystem::path& path, const TokenizerConfig& config) {
  check_class(path, config);
  Vocabulary vocabulary = read_lines(path);
  WordPiece word_piece(vocabulary, {.unknown = id_of(path, vocabulary, config.unk)});
  TokenizerParts parts = {.model = std::move(word_piece), .vocabulary = std::move(vocabulary)};
  std::vector<AddedToken> added = added_tokens_of(config, parts.vocabulary);
  add_to_vocabulary(path, added, parts.vocabulary);
  parts.normalizers = bert_normalizers(config);
  if (config.lower_case_first) parts.normalizers.insert(parts.normalizers.begin(), lower_case_normalizer());
  parts.raw_tokens = choose_tokens(path, added, false, parts.normalizers);
  parts.normalized_tokens = choose_tokens(path, added, true, parts.normalizers);
  parts.splitters = bert_splitters();
  parts.templates =
      bert_templates(id_of(path, parts.vocabulary, config.cls), id_of(path, parts.vocabulary, config.sep));
  parts.special_tokens = special_tokens_of(config, parts.vocabulary);
  parts.model_max_length = config.model_max_length;
  return parts;
}

}  // namespace saccade::text
