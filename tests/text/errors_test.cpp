// What can be wrong with a tokenizer's files.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "text/sample_tokenizer.hpp"

namespace saccade::test {
namespace {

using nlohmann::json;

void expect_bad(ErrorCode code, const json& tokenizer, const std::string& part) {
  expect_error(code, {"tokenizer.json", part}, [&] { static_cast<void>(load(tokenizer)); });
}

/// The sample with `value` at `pointer`.
json changed(const char* pointer, const json& value) {
  json tokenizer = sample_tokenizer();
  tokenizer[json::json_pointer(pointer)] = value;
  return tokenizer;
}

TEST_CASE("files that are not there or not readable") {
  const TemporaryFolder folder;
  expect_error(ErrorCode::file_not_usable, {folder.path().string(), "tokenizer.json", "vocab.txt"},
               [&] { static_cast<void>(Tokenizer::load(folder.path())); });
  expect_error(ErrorCode::file_not_usable, {"nowhere"},
               [&] { static_cast<void>(Tokenizer::load(folder / "nowhere")); });
  std::filesystem::create_directory(folder / "tokenizer.json");
  expect_error(ErrorCode::file_not_usable, {"tokenizer.json"},
               [&] { static_cast<void>(Tokenizer::load(folder.path())); });
}

TEST_CASE("what is no JSON object") {
  const std::string good = sample_tokenizer().dump();
  for (const std::string& bad : {std::string(), std::string("{"), std::string("[]"), std::string("\xff"),
                                 good.substr(0, good.size() / 2), good + std::string(1, '\0')}) {
    expect_error(ErrorCode::file_format, {"tokenizer.json"}, [&] {
      static_cast<void>(load_files({{"tokenizer.json", bad}}));
    });
  }
}

TEST_CASE("kinds that are not known here are named") {
  const ErrorCode unsupported = ErrorCode::unsupported;
  expect_bad(unsupported, changed("/version", "2.0"), "'version' is \"2.0\", which is not supported");
  expect_bad(unsupported, changed("/model/type", "BPE"), "'model' is of type 'BPE'");
  expect_bad(unsupported, changed("/model/type", "Unigram"), "'model' is of type 'Unigram'");
  expect_bad(unsupported, changed("/model", {{"merges", json::array()}, {"vocab", json::object()}}), "'BPE'");
  expect_bad(unsupported, changed("/model", {{"vocab", json::array()}}), "'Unigram'");
  expect_bad(unsupported, changed("/model", {{"vocab", json::object()}, {"unk_token", "a"}}), "'WordLevel'");
  expect_bad(unsupported, changed("/normalizer/type", "Precompiled"),
             "'normalizer.type' is \"Precompiled\", which is not supported");
  expect_bad(unsupported,
             changed("/normalizer",
                     {{"type", "Sequence"}, {"normalizers", {{{"type", "NFD"}}, {{"type", "Strip"}}}}}),
             "'normalizer.normalizers[1].type' is \"Strip\"");
  expect_bad(unsupported, changed("/pre_tokenizer/type", "Metaspace"),
             "'pre_tokenizer.type' is \"Metaspace\"");
  expect_bad(unsupported, changed("/pre_tokenizer", {{"type", "Punctuation"}, {"behavior", "Removed"}}),
             "'pre_tokenizer.behavior' is \"Removed\"");
  expect_bad(unsupported, changed("/post_processor/type", "ByteLevel"),
             "'post_processor.type' is \"ByteLevel\"");
}

TEST_CASE("a model of an old file has no type") {
  json tokenizer = sample_tokenizer();
  tokenizer["model"].erase("type");
  CHECK(tokens_of(load(tokenizer), "ab") == "a ##b");
}

TEST_CASE("members that are missing or of another type") {
  const ErrorCode format = ErrorCode::file_format;
  for (const char* pointer :
       {"/model", "/model/vocab", "/model/unk_token", "/model/continuing_subword_prefix",
        "/model/max_input_chars_per_word", "/normalizer/clean_text", "/normalizer/lowercase",
        "/normalizer/type", "/post_processor/cls"}) {
    CAPTURE(std::string(pointer));
    const json::json_pointer at(pointer);
    json tokenizer = sample_tokenizer();
    tokenizer[at.parent_pointer()].erase(at.back());
    expect_bad(format, tokenizer, at.back() + "' is missing");
    expect_bad(format, changed(pointer, 1.5), "expected");
  }
  expect_bad(format, changed("/added_tokens", json::array({{{"content", "x"}}})),
             "'added_tokens[0].id' is missing");
  expect_bad(format, changed("/post_processor/cls", {"[CLS]"}), "expected a token and its id");
  expect_bad(format, changed("/post_processor/cls", {"[CLS]", 18}), "but the vocabulary has 18 tokens");
}

TEST_CASE("ids that are none, or contradict each other") {
  const ErrorCode format = ErrorCode::file_format;
  expect_bad(format, changed("/model/vocab/a", 1 << 24), "expected a whole number from 0 to 16777215");
  expect_bad(format, changed("/model/vocab/a", -1), "'model.vocab.a' is -1; expected a whole number");
  expect_bad(format, changed("/model/vocab/a", 1e9), "expected a whole number");
  expect_bad(format, changed("/model/vocab/a", UINT64_MAX), "expected a whole number");
  expect_bad(format, changed("/model/vocab/a", 4294967309), "expected a whole number");
  expect_bad(format, changed("/model/unk_token", "[unk]"),
             "'model.unk_token' is \"[unk]\"; expected a token of the vocabulary");
  expect_bad(format, changed("/added_tokens", json::array({added_token(20, "x")})),
             "'x' has id 20; the next free id is 18");
  expect_bad(format, changed("/added_tokens", json::array({added_token(20, "a")})),
             "'a' has id 20; the vocabulary has it as 13");
  json gap = changed("/model/vocab/a", 18);
  gap["added_tokens"] = {added_token(18, "x")};
  expect_bad(format, gap, "'x' is not in the vocabulary and would have id 18, which 'a' has");
  expect_bad(format, changed("/added_tokens", json::array({added_token(18, "\xcc\x81", {"normalized"})})),
             "is nothing");
}

TEST_CASE("templates of texts and tokens that do not exist") {
  const auto with = [](const char* single, const char* special) {
    json tokenizer = sample_tokenizer();
    tokenizer["post_processor"] = {{"type", "TemplateProcessing"},
                                   {"single", json::parse(single)},
                                   {"pair", json::array()},
                                   {"special_tokens", json::parse(special)}};
    return tokenizer;
  };
  const ErrorCode format = ErrorCode::file_format;
  expect_bad(format, with(R"([{"Sequence": {"id": "B", "type_id": 0}}])", "{}"), "is \"B\"; expected");
  expect_bad(format, with(R"([{"SpecialToken": {"id": "X", "type_id": 0}}])", "{}"),
             "'post_processor.special_tokens.X' is missing");
  expect_bad(format, with(R"([{"SpecialToken": {"id": "X", "type_id": 0}}])", R"({"X": {"ids": [18]}})"),
             "is 18, but the vocabulary has 18 tokens");
}

TEST_CASE("sequences in sequences are one sequence, as deep as JSON may be") {
  const auto nested = [](int depth) {
    json normalizer = {{"type", "NFD"}};
    for (int i = 0; i < depth; ++i) {
      json outer = {{"type", "Sequence"}};
      outer["normalizers"].push_back(std::move(normalizer));
      normalizer = std::move(outer);
    }
    return changed("/normalizer", normalizer);
  };
  CHECK(tokens_of(load(nested(20)), "ab") == "a ##b");
  expect_bad(ErrorCode::file_format, nested(100), "the file is nested more than 64 deep");
}

TEST_CASE("two equal keys in an object are refused") {
  std::string bytes = sample_tokenizer().dump();
  bytes.insert(1, R"("version": "1.0", )");
  expect_error(ErrorCode::file_format, {"tokenizer.json", "two keys 'version'"}, [&] {
    static_cast<void>(load_files({{"tokenizer.json", bytes}}));
  });
}

TEST_CASE("messages hold no control characters of hostile files") {
  try {
    static_cast<void>(load(changed("/normalizer/type", "\x1b[2J")));
    FAIL_CHECK("no Error was thrown");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find('\x1b') == std::string::npos);
  }
}

}  // namespace
}  // namespace saccade::test
