#include "text/unicode/utf8.hpp"

#include <cstring>

namespace saccade::text {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// The bytes that may follow a lead byte: their number and the bounds of the first; the others are 0x80 to
/// 0xbf.
struct Lead {
  std::size_t following;
  unsigned low, high;
};

/// `following` is 0 where no character begins with this byte.
Lead lead_of(unsigned byte) noexcept {
  if (byte < 0xc2 || byte > 0xf4) return {0, 0, 0};
  if (byte < 0xe0) return {1, 0x80, 0xbf};
  if (byte < 0xf0) return {2, byte == 0xe0 ? 0xa0u : 0x80u, byte == 0xed ? 0x9fu : 0xbfu};
  return {3, byte == 0xf0 ? 0x90u : 0x80u, byte == 0xf4 ? 0x8fu : 0xbfu};
}

/// The first bytes of a text that does not begin with ASCII: a character, or the longest prefix of one.
struct Part {
  std::size_t bytes;
  bool valid;
};

Part first_part(std::string_view text) noexcept {
  const Lead lead = lead_of(byte_at(text, 0));
  unsigned low = lead.low, high = lead.high;
  std::size_t bytes = 1;
  while (bytes <= lead.following && bytes < text.size() && byte_at(text, bytes) >= low &&
         byte_at(text, bytes) <= high) {
    ++bytes;
    low = 0x80;
    high = 0xbf;
  }
  return {bytes, lead.following > 0 && bytes == lead.following + 1};
}

}  // namespace

void append_utf8(char32_t character, std::string& out) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_tail = [&](int shift) { put(0x80 | (character >> shift & 0x3f)); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xc0 | character >> 6);
  } else if (character < 0x10000) {
    put(0xe0 | character >> 12);
    put_tail(6);
  } else {
    put(0xf0 | character >> 18);
    put_tail(12);
    put_tail(6);
  }
  put_tail(0);
}

std::size_t ascii_length(std::string_view text) noexcept {
  std::size_t i = 0;
  for (std::uint64_t eight = 0; i + sizeof(eight) <= text.size(); i += sizeof(eight)) {
    std::memcpy(&eight, text.data() + i, sizeof(eight));
    if ((eight & 0x8080808080808080) != 0) break;
  }
  while (i < text.size() && byte_at(text, i) < 0x80) ++i;
  return i;
}

std::size_t valid_length(std::string_view text) noexcept {
  std::size_t i = ascii_length(text);
  while (i < text.size()) {
    const Part part = first_part(text.substr(i));
    if (!part.valid) return i;
    i += part.bytes;
    if (i < text.size() && byte_at(text, i) < 0x80) i += ascii_length(text.substr(i));
  }
  return i;
}

std::int64_t append_replacing_invalid(std::string_view text, std::string& out) {
  std::int64_t replaced = 0;
  while (!text.empty()) {
    const std::size_t valid = valid_length(text);
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    out.append(replacement);
    text.remove_prefix(first_part(text).bytes);
    ++replaced;
  }
  return replaced;
}

}  // namespace saccade::text
