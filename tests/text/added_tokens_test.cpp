// Tokens that are found in the text itself. What is expected is what `tokenizers` 0.23.2 gives.

#include <doctest/doctest.h>

#include "text/sample_tokenizer.hpp"

namespace saccade::test {
namespace {

using nlohmann::json;

Tokenizer with(const std::vector<json>& tokens) {
  json tokenizer = sample_tokenizer();
  tokenizer["added_tokens"] = tokens;
  return load(tokenizer);
}

TEST_CASE("special tokens stand in the text wherever they are written") {
  const Tokenizer tokenizer =
      with({added_token(4, "[MASK]", {"special"}), added_token(3, "[SEP]", {"special"})});
  CHECK(tokens_of(tokenizer, "a[MASK]b [SEP],") == "a [MASK] b [SEP] ,");
  CHECK(tokens_of(tokenizer, "[mask] [MAS") == "[UNK] [UNK] [UNK] [UNK] [UNK]");  // as it is written only
  CHECK(tokens_of(tokenizer, "[MASK]", true) == "[CLS] [MASK] [SEP]");
  CHECK(tokens_of(with({}), "[MASK]") == "[UNK] [UNK] [UNK]");
}

TEST_CASE("the leftmost, and of several there the longest") {
  const Tokenizer tokenizer =
      with({added_token(18, "<a"), added_token(19, "<a>"), added_token(20, "a>b"), added_token(17, "<")});
  CHECK(tokens_of(tokenizer, "<a>b") == "<a> b");
  CHECK(tokens_of(tokenizer, "<aa>b") == "<a a>b");
  CHECK(tokens_of(tokenizer, "<<a>") == "< <a>");
}

TEST_CASE("tokens that are normalized are found in normalized text") {
  const Tokenizer tokenizer =
      with({added_token(18, "H\xc3\xa9llo", {"normalized"}), added_token(19, "B b"), added_token(20, "X")});
  CHECK(tokens_of(tokenizer, "ahELLO b") == "a H\xc3\xa9llo b");
  CHECK(tokens_of(tokenizer, "aB b b b") == "a B b b b");
  CHECK(tokens_of(tokenizer, "x X") == "[UNK] X");
  CHECK(tokenizer.id_of("H\xc3\xa9llo") == 18);
}

TEST_CASE("single words have no word character beside them") {
  const Tokenizer tokenizer =
      with({added_token(13, "a", {"single_word"}), added_token(18, "a.", {"single_word"})});
  CHECK(tokens_of(tokenizer, "a,a") == "a , a");
  CHECK(tokens_of(tokenizer,
                  "ab _a a\xcc\x81 \xe4\xb8\xad"
                  "a") == "a ##b [UNK] a a \xe4\xb8\xad a");
  CHECK(tokens_of(tokenizer, "a.b") == "a [UNK] b");  // the longest is no word, and the shorter is not tried
}

TEST_CASE("tokens take whitespace along") {
  const Tokenizer tokenizer = with({added_token(18, "<l>", {"lstrip"}), added_token(19, "<r>", {"rstrip"}),
                                    added_token(20, "\n", {"rstrip"})});
  CHECK(tokens_of(tokenizer, "a\n  <l> b") == "a \n <l> b");
  CHECK(tokens_of(tokenizer, "a <r>\xc2\xa0\t b") == "a <r> b");
  CHECK(tokens_of(tokenizer, "a  <l><r> b") == "a <l> <r> b");
  // What was taken along is still looked through.
  CHECK(tokens_of(tokenizer, "a\n\t\nb") == "a \n \n b");
}

TEST_CASE("nothing is left of whitespace that was taken along") {
  const Tokenizer tokenizer = with({added_token(18, " ", {"lstrip", "rstrip"})});
  CHECK(tokens_of(tokenizer, "a  b") == "a   b");
  CHECK(tokens_of(tokenizer, "a   b") == "a   b");
}

TEST_CASE("added tokens that the vocabulary lacks come after it") {
  const Tokenizer tokenizer =
      with({added_token(18, "one"), added_token(4, "[MASK]"), added_token(19, "two")});
  CHECK(tokenizer.vocabulary_size() == 20);
  CHECK(tokenizer.token(19) == "two");
  CHECK(tokens_of(tokenizer, "one,twoone") == "one , two one");
  // They are no part of the model's vocabulary.
  CHECK(tokens_of(tokenizer, "oNe") == "[UNK]");
}

TEST_CASE("of tokens that become the same the first is found") {
  const Tokenizer tokenizer =
      with({added_token(18, "Foo", {"normalized"}), added_token(19, "foo", {"normalized"})});
  CHECK(tokens_of(tokenizer, "a foo FOO") == "a Foo Foo");
}

}  // namespace
}  // namespace saccade::test
