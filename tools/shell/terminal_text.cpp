#include "shell/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "shell/figures.hpp"

namespace saccade::command {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Bytes of the character at the beginning of `text`; 0 where that is no UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || bytes > text.size()) return 0;
  if (bytes > 1 &&
      !std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(bytes), continues))
    return 0;
  const auto second = bytes > 1 ? static_cast<unsigned char>(text[1]) : 0;
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool no_character = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
  // U+FFFE and U+FFFF, which XML has not, either.
  const bool no_xml =
      bytes == 3 && lead == 0xef && second == 0xbf && static_cast<unsigned char>(text[2]) >= 0xbe;
  return overlong || no_character || no_xml ? 0 : bytes;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!continues(c)) ++columns;
    if (byte >= 0xe3 && byte <= 0xed) ++columns;  // U+3000 to U+DFFF
  }
  return columns;
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return text + std::string(columns > used ? columns - used : 0, ' ');
}

std::string right_aligned(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns > used ? columns - used : 0, ' ') + text;
}

std::string cut(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && continues(text[next])) ++next;
    if (columns_of(std::string_view(text).substr(0, next)) + 1 > columns) break;
    at = end = next;
  }
  return text.substr(0, end) + "…";
}

std::string bar(double share, std::size_t columns) {
  constexpr std::array<const char*, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto length =
      static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 8 * static_cast<double>(columns)));
  std::string text;
  for (std::size_t i = 0; i < length / 8; ++i) text += "█";
  return padded(text + eighths[length % 8], columns);
}

std::string percent(double probability) {
  return right_aligned(fixed(100.0 * probability, 1) + " %", 7);
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // C1 controls are two bytes: 0xc2 0x80 to 0x9f.
    const bool control = first < 0x20 || first == 0x7f ||
                         (first == 0xc2 && bytes == 2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (bytes == 0) {
      result += "\xef\xbf\xbd";
    } else if (control) {
      result += '?';
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return result;
}

}  // namespace saccade::command
