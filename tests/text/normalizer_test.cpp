#include "text/normalize/character_normalizer.hpp"

#include <doctest/doctest.h>

#include <random>

#include "text/normalize/character_normalizer_json.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::text {
namespace {

using enum CharacterStep;

std::string utf8(const std::u32string& text) {
  std::string bytes;
  for (const char32_t c : text) append_utf8(c, bytes);
  return bytes;
}

std::string normalized(const CharacterNormalizer& normalizer, const std::string& text) {
  CharacterNormalizer::Scratch scratch;
  std::string out;
  normalizer.append(text, scratch, out);
  return out;
}

const CharacterNormalizer& uncased() {
  static const CharacterNormalizer normalizer(bert_steps(true, true, std::nullopt, true));
  return normalizer;
}

// Expected values are those of `tokenizers` 0.23.2.
TEST_CASE("BERT's normalizer, with and without capital letters") {
  const CharacterNormalizer cased(bert_steps(true, true, std::nullopt, false));
  const struct {
    std::u32string text, uncased, cased;
  } cases[] = {
      {U"", U"", U""},
      {U"H\u00e9llo W\u00d6RLD", U"hello world", U"H\u00e9llo W\u00d6RLD"},
      {U"\u0130stanbul", U"istanbul", U"\u0130stanbul"},
      {U"e\u0001\u0301", U"e", U"e\u0301"},
      {U"A\ufffdB\u007fC", U"abc", U"ABC"},
      {U"a\u200bb\u0085c\u00a0d", U"abc d", U"abc d"},
      {U"\u9f99\u9f8d\uf900", U" \u9f99  \u9f8d  \u8c48 ", U" \u9f99  \u9f8d  \uf900 "},
      {U"\u03a3\u0391\u03a3", U"\u03c3\u03b1\u03c3", U"\u03a3\u0391\u03a3"},  // no final sigma
      {U"x\u08d4\u0345\u0323", U"x\u08d4", U"x\u08d4\u0345\u0323"},  // U+08D4 is newer than the categories
      {U"e\u1df6\u0323", U"e\u1df6", U"e\u1df6\u0323"},
      {U"\uac00\u11a8", U"\u1100\u1161\u11a8", U"\uac00\u11a8"},
  };
  for (const auto& c : cases) {
    CHECK(normalized(uncased(), utf8(c.text)) == utf8(c.uncased));
    CHECK(normalized(cased, utf8(c.text)) == utf8(c.cased));
  }
}

TEST_CASE("normal forms") {
  const CharacterNormalizer nfd({decompose}), nfc({decompose, compose}),
      nfkc({decompose_compatible, compose});
  const struct {
    std::u32string text, nfd, nfc, nfkc;
  } cases[] = {
      {U"e\u0301\u0323", U"e\u0323\u0301", U"\u1eb9\u0301", U"\u1eb9\u0301"},
      {U"x\u08d4\u0345\u0323", U"x\u0323\u08d4\u0345", U"x\u0323\u08d4\u0345", U"x\u0323\u08d4\u0345"},
      {U"e\u1df6\u0323", U"e\u1df6\u0323", U"e\u1df6\u0323", U"e\u1df6\u0323"},  // newer: not reordered
      {U"\u1100\u1161\u11a8\u11a7", U"\u1100\u1161\u11a8\u11a7", U"\uac01\u11a7", U"\uac01\u11a7"},
      {U"\u1e9b\u0323 \ufb01\u2460", U"\u017f\u0323\u0307 \ufb01\u2460", U"\u1e9b\u0323 \ufb01\u2460",
       U"\u1e69 fi1"},
      {U"\u09c7\u09be \u0958", U"\u09c7\u09be \u0915\u093c", U"\u09cb \u0915\u093c", U"\u09cb \u0915\u093c"},
      {U"\U00011935\U00011930", U"\U00011935\U00011930", U"\U00011935\U00011930", U"\U00011935\U00011930"},
  };
  for (const auto& c : cases) {
    const std::string text = utf8(c.text);
    CHECK(normalized(nfd, text) == utf8(c.nfd));
    CHECK(normalized(nfc, text) == utf8(c.nfc));
    CHECK(normalized(nfkc, text) == utf8(c.nfkc));
  }
}

/// A character beyond U+FFFF sends its whole word through all the steps.
TEST_CASE("the table gives what the steps give, between any neighbours") {
  const std::string face = utf8(U"\U0001f600");
  const CharacterNormalizer normalizers[] = {
      uncased(), CharacterNormalizer({lower_case, decompose_compatible}),
      CharacterNormalizer({decompose, compose}), CharacterNormalizer({})};
  std::mt19937 random(1);
  std::uniform_int_distribution<char32_t> any(0x21, 0xffff), mark(0x300, 0x36f);
  for (int i = 0; i < 20000; ++i) {
    std::u32string word;
    for (int k = 0; k < 4; ++k) {
      const char32_t c = random() % 3 == 0 ? mark(random) : any(random);
      word += c >= 0xd800 && c < 0xe000 ? U'x' : c;
    }
    for (const CharacterNormalizer& normalizer : normalizers) {
      const std::string text = utf8(word);
      if (normalized(normalizer, text) + face != normalized(normalizer, text + face)) FAIL_CHECK(text);
    }
  }
}

TEST_CASE("words of ASCII and others alternate") {
  CHECK(normalized(uncased(),
                   "AB \xc3\x89"
                   "C\tDE\n\xc3\x89 \x01_") == "ab ec de e _");
}

TEST_CASE("a run of marks as long as the text is sorted, not shuffled for minutes") {
  std::u32string text = U"x";
  for (int i = 0; i < 300000; ++i) text += i % 2 == 0 ? U'\u0301' : U'\u0323';
  const std::string out = normalized(CharacterNormalizer({decompose}), utf8(text));
  CHECK(out == "x" + utf8(std::u32string(150000, U'\u0323')) + utf8(std::u32string(150000, U'\u0301')));
}

}  // namespace
}  // namespace saccade::text
