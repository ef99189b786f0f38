#include "text/files/tokenizer_config.hpp"

#include <algorithm>
#include <charconv>

namespace saccade::text {
namespace {

/// A token is given as its content, or with flags.
AddedToken read_special_token(const JsonValue& value) {
  if (value.is_text()) return {.content = value.text()};
  return read_added_token(value);
}

void add(AddedToken token, std::vector<AddedToken>& tokens) {
  const auto same = std::find_if(tokens.begin(), tokens.end(),
                                 [&](const AddedToken& other) { return other.content == token.content; });
  if (same == tokens.end()) {
    tokens.push_back(std::move(token));
  } else {
    if (token.id < 0) token.id = same->id;
    *same = std::move(token);
  }
}

/// The members that special_tokens_map.json and tokenizer_config.json have in common.
void read_special_tokens(const JsonValue& object, TokenizerConfig& config) {
  const auto read = [&](const std::string& key, std::string* name) {
    const std::optional<JsonValue> value = object.find(key);
    if (!value) return;
    AddedToken token = read_special_token(*value);
    *name = token.content;
    add(std::move(token), config.added_tokens);
  };
  read("cls_token", &config.cls);
  read("sep_token", &config.sep);
  read("pad_token", &config.pad);
  read("mask_token", &config.mask);
  read("unk_token", &config.unk);
  if (const auto more = object.find("additional_special_tokens")) {
    more->each([&](const JsonValue& value) { add(read_special_token(value), config.added_tokens); });
  }
}

/// added_tokens.json: contents and ids of tokens that, unless special, are looked for in normalized text.
void read_added_tokens(const JsonValue& object, TokenizerConfig& config) {
  object.each_member([&](const std::string& content, const JsonValue& value) {
    const auto known = std::find_if(config.added_tokens.begin(), config.added_tokens.end(),
                                    [&](const AddedToken& token) { return token.content == content; });
    AddedToken token = {.content = content, .normalized = true};
    if (known != config.added_tokens.end()) token = *known;
    token.id = read_id(value);
    add(std::move(token), config.added_tokens);
  });
}

/// added_tokens_decoder: tokens by id.
void read_added_tokens_decoder(const JsonValue& object, TokenizerConfig& config) {
  object.each_member([&](const std::string& key, const JsonValue& value) {
    AddedToken token = read_added_token(value);
    const char* const end = key.data() + key.size();
    const auto [rest, error] = std::from_chars(key.data(), end, token.id);
    if (error != std::errc() || rest != end || token.id < 0)
      throw value.error(ErrorCode::file_format, "is not named by an id");
    add(std::move(token), config.added_tokens);
  });
}

void read_options(const JsonValue& object, TokenizerConfig& config) {
  if (const auto value = object.find("do_lower_case")) config.lower_case = value->flag();
  if (const auto value = object.find("strip_accents")) config.strip_accents = value->flag();
  if (const auto value = object.find("tokenize_chinese_chars")) config.space_ideographs = value->flag();
  if (const auto value = object.find("tokenizer_class")) config.tokenizer_class = value->text();
  // "No limit" is written as 1e30.
  const auto length = object.find("model_max_length");
  if (length && length->is_whole() && length->whole() > 0) config.model_max_length = length->whole();
}

}  // namespace

AddedToken read_added_token(const JsonValue& value) {
  const auto flag = [&](const char* name) {
    const std::optional<JsonValue> found = value.find(name);
    return found && found->flag();
  };
  return {.content = value.at("content").text(),
          .single_word = flag("single_word"),
          .strip_left = flag("lstrip"),
          .strip_right = flag("rstrip"),
          .normalized = flag("normalized")};
}

std::int32_t read_id(const JsonValue& value) {
  const std::int64_t id = value.whole();
  if (id >= 0 && id <= INT32_MAX) return static_cast<std::int32_t>(id);
  throw value.error(ErrorCode::file_format, "is " + std::to_string(id) + ", which is no id");
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory) {
  TokenizerConfig config;
  const std::filesystem::path map = directory / "special_tokens_map.json",
                              main = directory / "tokenizer_config.json",
                              added = directory / "added_tokens.json";
  if (is_there(map)) read_special_tokens(JsonFile(map).root(), config);
  if (is_there(main)) {
    const JsonFile file(main);
    const JsonValue root = file.root();
    read_options(root, config);
    read_special_tokens(root, config);
    if (const auto decoder = root.find("added_tokens_decoder")) read_added_tokens_decoder(*decoder, config);
  }
  if (is_there(added)) read_added_tokens(JsonFile(added).root(), config);
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
