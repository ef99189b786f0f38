// Models that have a vocab.txt and no tokenizer.json.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "text/sample_tokenizer.hpp"

namespace saccade::test {
namespace {

const std::string vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n\xc3\xa9\nA\n";

Tokenizer with(const std::string& config, const std::string& map = "{}", const std::string& added = "{}") {
  return load_files({{"vocab.txt", vocab},
                     {"tokenizer_config.json", config},
                     {"special_tokens_map.json", map},
                     {"added_tokens.json", added}});
}

TEST_CASE("vocab.txt alone is BERT in lower case") {
  for (const std::string& text : {vocab, vocab.substr(0, vocab.size() - 1)}) {
    const Tokenizer tokenizer = load_files({{"vocab.txt", text}});
    CHECK(tokenizer.vocabulary_size() == 9);
    CHECK(tokens_of(tokenizer, "AB \xc3\x89[MASK]A", true) == "[CLS] a ##b [UNK] [MASK] a [SEP]");
    CHECK(tokenizer.special_tokens().pad == 0);
    CHECK(tokenizer.special_tokens().mask == 4);
  }
}

TEST_CASE("lines may end as on Windows") {
  const Tokenizer tokenizer = load_files({{"vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\n"}});
  CHECK(tokens_of(tokenizer, "a b", true) == "[CLS] a [UNK] [SEP]");
  CHECK(!tokenizer.special_tokens().mask);
}

TEST_CASE("tokenizer_config.json's options") {
  CHECK(tokens_of(with(R"({"do_lower_case": false})"), "A \xc3\xa9") == "A \xc3\xa9");
  CHECK(tokens_of(with(R"({"strip_accents": false})"), "A \xc3\x89") == "a \xc3\xa9");
  CHECK(tokens_of(with(R"({"do_lower_case": false, "strip_accents": true})"), "A\xcc\x81") == "A");
  CHECK(tokens_of(with("{}"), "\xe4\xb8\xad\xe4\xb8\xad") == "[UNK] [UNK]");
  CHECK(tokens_of(with(R"({"tokenize_chinese_chars": false})"), "\xe4\xb8\xad\xe4\xb8\xad") == "[UNK]");
  CHECK(with(R"({"model_max_length": 512})").model_max_length() == 512);
  CHECK(with(R"({"model_max_length": 1000000000000000019884624838656})").model_max_length() == 0);
}

TEST_CASE("special tokens by other names") {
  const Tokenizer tokenizer = with(R"({"cls_token": "a", "sep_token": {"content": "A", "lstrip": true}})",
                                   R"({"unk_token": "\u00e9", "cls_token": "[CLS]"})");
  CHECK(tokens_of(tokenizer, "x A", true) == "a \xc3\xa9 A A");
  CHECK(tokenizer.special_tokens().unk == 7);
  CHECK(tokenizer.special_tokens().cls == 5);
}

TEST_CASE("tokens added to the vocabulary") {
  const Tokenizer old =
      with("{}", R"({"additional_special_tokens": ["<x>", "none"]})", R"({"Yy": 10, "<x>": 9})");
  CHECK(old.vocabulary_size() == 11);
  CHECK(tokens_of(old, "a<x>yYa<X>none") == "a <x> Yy a [UNK] [UNK] [UNK] [UNK]");
  const Tokenizer now = with(R"({"added_tokens_decoder": {"10": {"content": "Yy", "normalized": true},
                                                         "9": {"content": "<x>", "special": true}}})");
  CHECK(tokens_of(now, "a<x>yYa<X>") == "a <x> Yy a [UNK] [UNK] [UNK]");
}

TEST_CASE("what is wrong with the files is said") {
  const auto expect = [](ErrorCode code, const std::vector<File>& files,
                         std::initializer_list<std::string> parts) {
    expect_error(code, parts, [&] { static_cast<void>(load_files(files)); });
  };
  expect(ErrorCode::file_format, {{"vocab.txt", ""}}, {"vocab.txt", "lacks the token '[UNK]'"});
  expect(ErrorCode::file_format, {{"vocab.txt", "[UNK]\n[CLS]\n"}}, {"vocab.txt", "lacks the token '[SEP]'"});
  expect(ErrorCode::file_format, {{"vocab.txt", vocab + "\xff"}},
         {"vocab.txt", "not UTF-8", std::to_string(vocab.size())});
  expect(ErrorCode::unsupported,
         {{"vocab.txt", vocab}, {"tokenizer_config.json", R"({"tokenizer_class": "MPNetTokenizer"})"}},
         {"vocab.txt", "'MPNetTokenizer'"});
  expect(ErrorCode::file_format, {{"vocab.txt", vocab}, {"tokenizer_config.json", "{"}},
         {"tokenizer_config.json"});
  expect(ErrorCode::file_format, {{"vocab.txt", vocab}, {"tokenizer_config.json", R"({"do_lower_case": 1})"}},
         {"tokenizer_config.json", "'do_lower_case' is 1"});
  expect(ErrorCode::file_format, {{"vocab.txt", vocab}, {"added_tokens.json", R"({"x": 12})"}},
         {"'x' has id 12; the next free id is 9"});
  expect(ErrorCode::file_format,
         {{"vocab.txt", vocab},
          {"tokenizer_config.json", R"({"added_tokens_decoder": {"9x": {"content": "y"}}})"}},
         {"'added_tokens_decoder.9x' is not named by an id"});
}

}  // namespace
}  // namespace saccade::test
