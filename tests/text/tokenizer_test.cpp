#include "saccade/tokenizer.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "fixtures/expect_error.hpp"
#include "reference/allocations.hpp"
#include "text/sample_tokenizer.hpp"

namespace saccade::test {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

TEST_CASE("a text with and without special tokens") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  const Encoding encoding = tokenizer.tokenize(
      "UNwant\xc3\xa9"
      "d,running");
  CHECK(encoding.ids == Ids{2, 9, 6, 7, 12, 10, 11, 3});
  CHECK(encoding.types == Ids(8, 0));
  CHECK(!encoding.truncated);
  CHECK(encoding.replaced == 0);
  CHECK(tokenizer.tokenize("a", {.special_tokens = false}).ids == Ids{13});
  for (const std::string empty : {"", " \t\n", "\x01\xe2\x80\x8b"}) {
    CHECK(tokenizer.tokenize(empty).ids == Ids{2, 3});
    CHECK(tokenizer.tokenize(empty, {.special_tokens = false}).ids.empty());
  }
}

TEST_CASE("a pair, as each post-processor puts it together") {
  json tokenizer = sample_tokenizer();
  const auto check = [&](const Ids& ids, const Ids& types) {
    const Encoding encoding = load(tokenizer).tokenize_pair("a b", "b");
    CHECK(encoding.ids == ids);
    CHECK(encoding.types == types);
  };
  check({2, 13, 14, 3, 14, 3}, {0, 0, 0, 0, 1, 1});
  tokenizer["post_processor"]["type"] = "RobertaProcessing";
  check({2, 13, 14, 3, 3, 14, 3}, {0, 0, 0, 0, 0, 0, 0});
  tokenizer["post_processor"] = nullptr;
  check({13, 14, 14}, {0, 0, 1});
  tokenizer["post_processor"] = json::parse(R"({"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 3}}, {"SpecialToken": {"id": "X", "type_id": 2}}],
      "pair": [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "X", "type_id": 7}},
               {"Sequence": {"id": "A", "type_id": 0}}],
      "special_tokens": {"X": {"id": "X", "ids": [3, 2], "tokens": ["[SEP]", "[CLS]"]}}})");
  check({14, 3, 2, 13, 14}, {1, 7, 7, 0, 0});
  const Encoding single = load(tokenizer).tokenize("a");
  CHECK(single.ids == Ids{13, 3, 2});
  CHECK(single.types == Ids{3, 2, 2});
}

TEST_CASE("max_length counts special tokens and keeps them") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  const auto encode = [&](std::int64_t max_length, bool special = true) {
    return tokenizer.tokenize("a b unwanted", {.max_length = max_length, .special_tokens = special});
  };
  CHECK(encode(7).ids == Ids{2, 13, 14, 9, 6, 7, 3});
  CHECK(!encode(7).truncated);
  CHECK(encode(6).ids == Ids{2, 13, 14, 9, 6, 3});
  CHECK(encode(6).truncated);
  CHECK(encode(2).ids == Ids{2, 3});
  CHECK(encode(1, false).ids == Ids{13});
  for (const std::int64_t bad : {-1, 1})
    expect_error(ErrorCode::invalid_argument, {"max_length is " + std::to_string(bad), "2"},
                 [&] { static_cast<void>(encode(bad)); });
}

TEST_CASE("a pair shares max_length") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  const auto encode = [&](const std::string& a, const std::string& b, std::int64_t max_length) {
    const Encoding encoding = tokenizer.tokenize_pair(a, b, {.max_length = max_length});
    CHECK(encoding.truncated == (max_length < 9));
    return encoding.ids;
  };
  CHECK(encode("a a a a", "b b", 9) == Ids{2, 13, 13, 13, 13, 3, 14, 14, 3});
  CHECK(encode("a a a a", "b b", 8) == Ids{2, 13, 13, 13, 3, 14, 14, 3});
  CHECK(encode("a a", "b b b b", 8) == Ids{2, 13, 13, 3, 14, 14, 14, 3});
  CHECK(encode("a a a a", "b b b b b", 8) == Ids{2, 13, 13, 3, 14, 14, 14, 3});
  CHECK(encode("a a a a a", "b b b b", 8) == Ids{2, 13, 13, 13, 3, 14, 14, 3});
  CHECK(encode("a", "b", 3) == Ids{2, 3, 3});
  // Both are longer than max_length, by how much does not matter (`tokenizers` since 0.23).
  CHECK(encode("a a a a a a a a a a", "b b b b b b b b b", 8) == Ids{2, 13, 13, 3, 14, 14, 14, 3});
}

TEST_CASE("invalid UTF-8 is replaced and counted") {
  json tokenizer = sample_tokenizer();
  CHECK(load(tokenizer)
            .tokenize("a\xff"
                      "b\xe2\x82")
            .ids == Ids{2, 13, 15, 3});  // BERT drops U+FFFD
  tokenizer["normalizer"] = nullptr;
  const Tokenizer plain = load(tokenizer);
  const Encoding encoding = plain.tokenize_pair("a \xff", "\xed\xa0\x80 \xef\xbf\xbd");
  CHECK(encoding.ids == Ids{2, 13, 1, 3, 1, 1, 3});
  CHECK(encoding.replaced == 4);
  TokenBatch batch;
  CHECK(plain.append(batch, "\xc0").replaced == 1);
}

TEST_CASE("a batch is ragged, and its texts are as they are alone") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  TokenBatch batch;
  CHECK(batch.offsets().size() == 1);
  CHECK(tokenizer.append(batch, "a b").tokens == 4);
  CHECK(tokenizer.append(batch, "", {.special_tokens = false}).tokens == 0);
  CHECK(tokenizer.append_pair(batch, "a", "b").tokens == 5);
  CHECK(tokenizer.append(batch, "a b b", {.max_length = 3}).truncated);
  const std::vector<std::int64_t> offsets(batch.offsets().begin(), batch.offsets().end());
  CHECK(offsets == std::vector<std::int64_t>{0, 4, 4, 9, 12});
  CHECK(Ids(batch.ids().begin(), batch.ids().end()) == Ids{2, 13, 14, 3, 2, 13, 3, 14, 3, 2, 13, 3});
  CHECK(Ids(batch.types().begin(), batch.types().end()) == Ids{0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0});
  expect_error(ErrorCode::invalid_argument, {"max_length"},
               [&] { tokenizer.append(batch, "a", {.max_length = 1}); });
  CHECK(batch.offsets().size() == 5);
  batch.clear();
  CHECK(batch.ids().empty());
  CHECK(batch.offsets().size() == 1);
}

TEST_CASE("ids of another tokenizer are a batch's next text, as they are") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  TokenBatch batch;
  tokenizer.append_pair(batch, "a", "b");
  batch.append(Ids{7, 8});
  batch.append(Ids{9, 10}, Ids{1, 0});
  const std::vector<std::int64_t> offsets(batch.offsets().begin(), batch.offsets().end());
  CHECK(offsets == std::vector<std::int64_t>{0, 5, 7, 9});
  CHECK(Ids(batch.ids().begin(), batch.ids().end()) == Ids{2, 13, 3, 14, 3, 7, 8, 9, 10});
  CHECK(Ids(batch.types().begin(), batch.types().end()) == Ids{0, 0, 0, 1, 1, 0, 0, 1, 0});
  expect_error(ErrorCode::invalid_argument, {"types has 1", "the 2 ids"}, [&] {
    batch.append(Ids{1, 2}, Ids{0});
  });
  CHECK(batch.offsets().size() == 4);
}

TEST_CASE("a batch that is filled again allocates nothing") {
  if (!allocations_are_counted()) return;
  const Tokenizer tokenizer = load(sample_tokenizer());
  const std::string texts[] = {
      "UNwant\xc3\xa9"
      "d, running",
      "\xe4\xb8\xad\xf0\x9f\x98\x80 a", "b\xff<"};
  TokenBatch batch;
  const auto fill = [&] {
    batch.clear();
    for (const std::string& text : texts) tokenizer.append_pair(batch, text, texts[0], {.max_length = 9});
  };
  fill();
  const std::int64_t before = allocations();
  fill();
  CHECK(allocations() == before);
}

TEST_CASE("a text of a megabyte, of one word and of many") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  std::string words, ideographs;
  for (int i = 0; i < 250000; ++i) words += "a b ";
  for (int i = 0; i < 350000; ++i) ideographs += "\xe4\xb8\xad";
  CHECK(tokenizer.tokenize(words).ids.size() == 500002);
  CHECK(tokenizer.tokenize(ideographs).ids.size() == 350002);
  CHECK(tokenizer.tokenize(std::string(1 << 20, 'a')).ids == Ids{2, 1, 3});
  CHECK(tokenizer.tokenize(std::string(1 << 20, '\xff')).replaced == 1 << 20);
  CHECK(tokenizer.tokenize(words, {.max_length = 4}).ids == Ids{2, 13, 14, 3});
}

TEST_CASE("one tokenizer for several threads") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  const std::string text =
      "UNwant\xc3\xa9"
      "d, running \xe4\xb8\xad";
  const Ids expected = tokenizer.tokenize(text).ids;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int& count : wrong)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) count += tokenizer.tokenize(text).ids == expected ? 0 : 1;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("tokens by id and ids by token") {
  const Tokenizer tokenizer = load(sample_tokenizer());
  CHECK(tokenizer.vocabulary_size() == 18);
  CHECK(tokenizer.token(6) == "##want");
  CHECK(tokenizer.id_of("##want") == 6);
  CHECK(!tokenizer.id_of("nothing"));
  CHECK(tokenizer.special_tokens().cls == 2);
  CHECK(tokenizer.special_tokens().sep == 3);
  CHECK(tokenizer.special_tokens().pad == 0);
  CHECK(tokenizer.special_tokens().mask == 4);
  CHECK(tokenizer.special_tokens().unk == 1);
  CHECK(tokenizer.model_max_length() == 0);
  for (const std::int32_t id : {-1, 18})
    expect_error(ErrorCode::invalid_argument, {"no token " + std::to_string(id), "0 to 17"},
                 [&] { static_cast<void>(tokenizer.token(id)); });
}

TEST_CASE("ids that no token has, and an id that two tokens have") {
  json gaps = sample_tokenizer();
  gaps["model"]["vocab"]["a"] = 30;
  const Tokenizer tokenizer = load(gaps);
  CHECK(tokenizer.tokenize("a ab", {.special_tokens = false}).ids == Ids{30, 30, 15});
  CHECK(tokenizer.vocabulary_size() == 31);
  CHECK(tokenizer.token(30) == "a");
  CHECK(tokenizer.token(13).empty());
  CHECK(tokenizer.token(29).empty());
  json equal = sample_tokenizer();
  equal["model"]["vocab"]["b"] = 13;
  const Tokenizer shared = load(equal);
  CHECK(shared.tokenize("a b", {.special_tokens = false}).ids == Ids{13, 13});
  CHECK(shared.token(13) == "a");
  CHECK(shared.id_of("b") == 13);
}

TEST_CASE("ids of added tokens that a vocabulary with gaps lacks") {
  json gaps = sample_tokenizer();
  gaps["model"]["vocab"]["a"] = 30;
  gaps["added_tokens"] = {added_token(18, "x"), added_token(30, "a"), added_token(19, "y")};
  CHECK(load(gaps).tokenize("xay", {.special_tokens = false}).ids == Ids{18, 30, 19});
}

TEST_CASE("words by other pre-tokenizers, or by none") {
  json tokenizer = sample_tokenizer();
  const auto tokens = [&](const json& pre_tokenizer, const std::string& text) {
    tokenizer["pre_tokenizer"] = pre_tokenizer;
    return tokens_of(load(tokenizer), text);
  };
  CHECK(tokens({{"type", "BertPreTokenizer"}}, "a,,b") == "a , , b");
  CHECK(tokens({{"type", "Whitespace"}}, "a,,b a_") == "a [UNK] b [UNK]");
  CHECK(tokens({{"type", "WhitespaceSplit"}}, "a,b  ab") == "[UNK] a ##b");
  CHECK(tokens({{"type", "Punctuation"}}, "ab,b a") == "a ##b , [UNK]");
  CHECK(
      tokens({{"type", "Sequence"}, {"pretokenizers", {{{"type", "Whitespace"}}, {{"type", "Punctuation"}}}}},
             "a,,b") == "a , , b");
  CHECK(tokens(nullptr, "ab") == "a ##b");
  CHECK(tokens(nullptr, "a b") == "[UNK]");
}

}  // namespace
}  // namespace saccade::test
