#include "text/files/tokenizer_config.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "io/files/input_file.hpp"

namespace saccade::text {
namespace {

/// Reads a special token, which is its content or an object with content and flags.
AddedToken read_special_token(const io::JsonValue& value) {
  if (value.is_text()) return {.content = value.text()};
  return read_added_token(value);
}

/// Tokens in the order in which they came, one of each content. The last token of a content replaces those
/// before, but keeps their id where it has none.
class TokensByContent {
 public:
  void add(AddedToken token) {
    const auto [place, is_new] = places_.try_emplace(token.content, tokens_.size());
    if (is_new) {
      tokens_.push_back(std::move(token));
      return;
    }
    AddedToken& same = tokens_[place->second];
    if (token.id < 0) token.id = same.id;
    same = std::move(token);
  }
  /// The token of this content; null where there is none.
  [[nodiscard]] const AddedToken* find(const std::string& content) const {
    const auto place = places_.find(content);
    return place == places_.end() ? nullptr : &tokens_[place->second];
  }
  [[nodiscard]] std::vector<AddedToken> take() { return std::move(tokens_); }

 private:
  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string, std::size_t> places_;  ///< index in tokens_, by content
};

/// Reads the members that special_tokens_map.json and tokenizer_config.json have in common.
void read_special_tokens(const io::JsonValue& object, TokenizerConfig& config, TokensByContent& tokens) {
  const auto read = [&](const std::string& key, std::string* name) {
    const std::optional<io::JsonValue> value = object.find(key);
    if (!value) return;
    AddedToken token = read_special_token(*value);
    *name = token.content;
    tokens.add(std::move(token));
  };
  read("cls_token", &config.cls);
  read("sep_token", &config.sep);
  read("pad_token", &config.pad);
  read("mask_token", &config.mask);
  read("unk_token", &config.unk);
  if (const auto more = object.find("additional_special_tokens")) {
    more->each([&](const io::JsonValue& value) { tokens.add(read_special_token(value)); });
  }
}

/// Reads added_tokens.json: contents and ids of tokens that, unless special, are found in normalized text.
void read_added_tokens(const io::JsonValue& object, TokensByContent& tokens) {
  object.each_member([&](const std::string& content, const io::JsonValue& value) {
    AddedToken token = {.content = content, .normalized = true};
    if (const AddedToken* known = tokens.find(content)) token = *known;
    token.id = read_id(value);
    tokens.add(std::move(token));
  });
}

/// Reads added_tokens_decoder, which has tokens by id.
void read_added_tokens_decoder(const io::JsonValue& object, TokensByContent& tokens) {
  object.each_member([&](const std::string& key, const io::JsonValue& value) {
    AddedToken token = read_added_token(value);
    const char* const end = key.data() + key.size();
    const auto [rest, error] = std::from_chars(key.data(), end, token.id);
    if (error != std::errc() || rest != end || token.id < 0)
      throw value.error(ErrorCode::file_format, "is not named by an id");
    tokens.add(std::move(token));
  });
}

void read_options(const io::JsonValue& object, TokenizerConfig& config) {
  config.lower_case = object.flag("do_lower_case", config.lower_case);
  if (const auto value = object.find("strip_accents")) config.strip_accents = value->flag();
  config.space_ideographs = object.flag("tokenize_chinese_chars", config.space_ideographs);
  if (const auto value = object.find("tokenizer_class")) config.tokenizer_class = value->text();
  // Files have 1e30 for no limit.
  const auto length = object.find("model_max_length");
  if (length && length->is_whole()) config.model_max_length = length->whole({.most = INT64_MAX});
}

/// Whether transformers 5 makes a BertTokenizer, or one with the same stages, of this directory: by the class
/// that tokenizer_config.json names, else by the model_type of config.json.
bool finds_bert(const std::filesystem::path& directory, const std::optional<std::string>& tokenizer_class) {
  constexpr std::string_view classes[] = {"Bert",   "DistilBert", "Electra", "LayoutLM",
                                          "Lxmert", "MobileBert", "MPNet",   "SqueezeBert"};
  constexpr std::string_view model_types[] = {"bert",     "convbert",   "distilbert", "electra",
                                              "layoutlm", "mobilebert", "mpnet",      "squeezebert"};
  if (tokenizer_class) {
    return std::any_of(std::begin(classes), std::end(classes), [&](std::string_view name) {
      const std::string slow = std::string(name) + "Tokenizer";
      return *tokenizer_class == slow || *tokenizer_class == slow + "Fast";
    });
  }
  const std::filesystem::path config = directory / "config.json";
  if (!io::file_exists(config)) return false;
  const std::string type = io::read_json(config).text("model_type", "");
  return std::find(std::begin(model_types), std::end(model_types), type) != std::end(model_types);
}

}  // namespace

AddedToken read_added_token(const io::JsonValue& value) {
  return {.content = value.at("content").text(),
          .single_word = value.flag("single_word", false),
          .strip_left = value.flag("lstrip", false),
          .strip_right = value.flag("rstrip", false),
          .normalized = value.flag("normalized", false)};
}

std::int32_t read_id(const io::JsonValue& value) {
  return static_cast<std::int32_t>(value.whole());
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory) {
  TokenizerConfig config;
  TokensByContent tokens;
  const std::filesystem::path map = directory / "special_tokens_map.json",
                              main = directory / "tokenizer_config.json",
                              added = directory / "added_tokens.json";
  if (io::file_exists(map)) read_special_tokens(io::read_json(map), config, tokens);
  if (io::file_exists(main)) {
    const io::JsonValue file = io::read_json(main);
    read_options(file, config);
    read_special_tokens(file, config, tokens);
    if (const auto decoder = file.find("added_tokens_decoder")) read_added_tokens_decoder(*decoder, tokens);
  }
  config.is_bert = finds_bert(directory, config.tokenizer_class);
  if (io::file_exists(added)) read_added_tokens(io::read_json(added), tokens);
  config.added_tokens = tokens.take();
  std::stable_sort(config.added_tokens.begin(), config.added_tokens.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return config;
}

SpecialTokens special_tokens_of(const TokenizerConfig& config, const Vocabulary& vocabulary) {
  return {.cls = vocabulary.id_of(config.cls),
          .sep = vocabulary.id_of(config.sep),
          .pad = vocabulary.id_of(config.pad),
          .mask = vocabulary.id_of(config.mask),
          .unk = vocabulary.id_of(config.unk)};
}

}  // namespace saccade::text
