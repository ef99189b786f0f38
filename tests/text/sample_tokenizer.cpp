#include "text/sample_tokenizer.hpp"

namespace saccade::test {

using nlohmann::json;

json sample_tokenizer() {
  return json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "want": 5, "##want": 6,
                        "##ed": 7, "wa": 8, "un": 9, "runn": 10, "##ing": 11, ",": 12, "a": 13, "b": 14,
                        "##b": 15, "\u4e2d": 16, "<": 17}}})");
}

json added_token(int id, const std::string& content, const std::vector<std::string>& flags) {
  json token = {{"id", id}, {"content", content}};
  for (const char* flag : {"single_word", "lstrip", "rstrip", "normalized", "special"}) token[flag] = false;
  for (const std::string& flag : flags) token[flag] = true;
  return token;
}

Tokenizer load(const json& tokenizer) {
  return load_files({{"tokenizer.json", tokenizer.dump()}});
}

Tokenizer load_files(const std::vector<File>& files) {
  const TemporaryFolder folder;
  for (const File& file : files) folder.write(file.name, file.content);
  return Tokenizer::load(folder.path());
}

std::string tokens_of(const Tokenizer& tokenizer, const std::string& text, bool special) {
  std::string tokens;
  for (const std::int32_t id : tokenizer.tokenize(text, {.special_tokens = special}).ids)
    tokens += (tokens.empty() ? "" : " ") + std::string(tokenizer.token(id));
  return tokens;
}

}  // namespace saccade::test
