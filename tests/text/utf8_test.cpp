#include "text/unicode/utf8.hpp"

#include <doctest/doctest.h>

namespace saccade::text {
namespace {

using namespace std::string_literals;

struct Repaired {
  std::string text;
  std::int64_t replaced;
};

Repaired repair(const std::string& text) {
  std::string out;
  const std::int64_t replaced = append_replacing_invalid(text, out);
  return {out, replaced};
}

bool is_character(char32_t c) {
  return c < 0xd800 || (c > 0xdfff && c < 0x110000);
}

TEST_CASE("every character comes back from UTF-8, and nothing else is valid") {
  for (char32_t c = 0; c < 0x200000; ++c) {
    std::string text;
    append_utf8(c, text);
    if (!is_character(c)) {
      if (valid_length(text) != 0) FAIL_CHECK("valid: ", static_cast<std::uint32_t>(c));
      continue;
    }
    const Decoded decoded = decode(text + "x");
    if (valid_length(text) != text.size() || decoded.character != c || decoded.bytes != text.size())
      FAIL_CHECK("wrong: ", static_cast<std::uint32_t>(c));
  }
}

TEST_CASE("ASCII ends at the first other byte, wherever it stands") {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'x');
    CHECK(ascii_length(text) == length);
    CHECK(ascii_length(text + "\xc3\xa9zzzzzzzzzzzzzzzz") == length);
    CHECK(valid_length(text + "\xc3\xa9zzzzzzzzzzzzzzzz\xff") == length + 18);
  }
}

// What Python's bytes.decode(errors="replace") gives; most of it from Unicode 15, table 3-8 to 3-11.
TEST_CASE("each maximal invalid part becomes one replacement") {
  const std::string r = "\xef\xbf\xbd";
  const struct {
    std::string text, expected;
    std::int64_t replaced;
  } cases[] = {
      {"", "", 0},
      {"a\xc3\xa9", "a\xc3\xa9", 0},
      {r, r, 0},  // one that was there is not counted
      {"\xff", r, 1},
      {"a\x80z", "a" + r + "z", 1},
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", r + r + r + r + r + r + r + r + "A", 8},  // overlong forms
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", r + r + r + r + r + r + r + r + "A", 8},  // surrogates
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", r + r + r + r + r + "A" + r + r + "B", 7},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", r + r + r + r + "A", 4},  // truncated characters
      {"\xe2\x82", r, 1},
      {"\xf0\x9f\x98", r, 1},
      {"\xf0\x9f\x98\xf0\x9f\x98\x80", r + "\xf0\x9f\x98\x80", 1},
      {"\xf8\x88\x80\x80\x80", r + r + r + r + r, 5},
      {"a\0b\xff"s, "a\0b"s + r, 1},
  };
  for (const auto& c : cases) {
    const Repaired repaired = repair(c.text);
    CAPTURE(c.text);
    CHECK(repaired.text == c.expected);
    CHECK(repaired.replaced == c.replaced);
    CHECK(valid_length(repaired.text) == repaired.text.size());
  }
}

}  // namespace
}  // namespace saccade::text
