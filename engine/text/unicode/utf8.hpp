#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace saccade::text {

/// A character and its length in bytes of UTF-8.
struct Decoded {
  char32_t character;
  std::size_t bytes;
};

/// The first character of valid UTF-8 that is not empty.
[[nodiscard]] inline Decoded decode(std::string_view valid) noexcept {
  const auto tail = [&](std::size_t i) { return static_cast<char32_t>(valid[i] & 0x3f); };
  const char32_t lead = static_cast<unsigned char>(valid[0]);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {(lead & 0x1f) << 6 | tail(1), 2};
  if (lead < 0xf0) return {(lead & 0x0f) << 12 | tail(1) << 6 | tail(2), 3};
  return {(lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

void append_utf8(char32_t character, std::string& out);

/// The number of bytes before the first that is not ASCII.
[[nodiscard]] std::size_t ascii_length(std::string_view text) noexcept;

/// The number of bytes before the first that is not part of a valid character (Unicode 15, table 3-7: no
/// surrogates, no overlong forms, nothing beyond U+10FFFF).
[[nodiscard]] std::size_t valid_length(std::string_view text) noexcept;

/// Appends `text` with U+FFFD for each invalid part and returns the number of those. A part is the longest
/// prefix of a character ("maximal subpart", Unicode 15, section 3.9), as in the WHATWG encoding standard and
/// in Python's errors="replace".
std::int64_t append_replacing_invalid(std::string_view text, std::string& out);

}  // namespace saccade::text
