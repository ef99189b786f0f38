// What is known of each character, against hashes of what `tokenizers` 0.23.2 makes of it.

#include "text/unicode/unicode.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "text/normalize/character_normalizer.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::text {
namespace {

using enum CharacterStep;

/// FNV-1a of 64 bits.
class Hash {
 public:
  void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3u; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

template <typename Action>
void each_character(Action action) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c == 0xd800) c = 0xe000;  // no surrogates
    action(c);
  }
}

/// Of each character normalized alone, a byte 0xff after it.
std::uint64_t hash_of(const std::vector<CharacterStep>& steps) {
  const CharacterNormalizer normalizer(steps);
  CharacterNormalizer::Scratch scratch;
  Hash hash;
  std::string text, out;
  each_character([&](char32_t c) {
    text.clear();
    out.clear();
    append_utf8(c, text);
    normalizer.append(text, scratch, out);
    for (const char byte : out) hash.add(static_cast<unsigned char>(byte));
    hash.add(0xff);
  });
  return hash.value();
}

TEST_CASE("every character is normalized as `tokenizers` does") {
  CHECK(hash_of({clean}) == 0x64e6626ec725349eu);
  CHECK(hash_of({space_ideographs}) == 0xe075c45ff39af3f5u);
  CHECK(hash_of({decompose, strip_nonspacing_marks}) == 0xfc9d3b7a0efc4b07u);
  CHECK(hash_of({lower_case}) == 0x4b2e69a63593dc34u);
  CHECK(hash_of({decompose}) == 0x367a2034e4801e51u);
  CHECK(hash_of({decompose, compose}) == 0x0420af2407615d53u);
  CHECK(hash_of({decompose_compatible}) == 0xd0815fe37d244062u);
  CHECK(hash_of({decompose_compatible, compose}) == 0x50806b0dad4d7247u);
  CHECK(hash_of({strip_marks}) == 0xea88ea7d6dc66784u);
}

/// Of the number of words of "a", the character, "a": 3 where it is isolated.
TEST_CASE("every character is punctuation where it is for `tokenizers`") {
  Hash hash;
  each_character([&](char32_t c) { hash.add(is_punctuation(c) ? 3 : 1); });
  CHECK(hash.value() == 0x9455acf7d426c8b1u);
}

TEST_CASE("word characters, of which Unicode has more with each version") {
  for (const char32_t c : std::u32string(U"a_9\u00e9\u0301\u4e2d\u200d\u24b6\u2160\u203f\ua7cb"
                                         U"\U0001f130\U0002ebf0\U000105c0\U00013460")) {
    CAPTURE(static_cast<std::uint32_t>(c));
    CHECK(is_word_character(c));
  }
  for (const char32_t c : std::u32string(U" -\u00a0\u00b2\u200b\u20ac\u24ea\u0378\ue000\U0001f600")) {
    CAPTURE(static_cast<std::uint32_t>(c));
    CHECK(!is_word_character(c));
  }
}

TEST_CASE("U+0130 has two characters in lower case") {
  std::vector<char32_t> out;
  append_lower_case(0x130, out);
  CHECK(out == std::vector<char32_t>{0x69, 0x307});
}

}  // namespace
}  // namespace saccade::text
