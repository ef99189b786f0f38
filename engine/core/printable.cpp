#include "core/printable.hpp"

namespace saccade::core {
namespace {

constexpr std::size_t longest = 300;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

/// The first `longest` bytes at most, to the end of a UTF-8 character.
std::string_view cut(std::string_view text) noexcept {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > longest - 4 && is_continuation(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string_view shown = cut(text);
  std::string result;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto code = static_cast<unsigned char>(shown[i]);
    const auto next = i + 1 < shown.size() ? static_cast<unsigned char>(shown[i + 1]) : 0u;
    if (code == 0xc2 && next >= 0x80 && next <= 0x9f) {  // U+0080 to U+009F: controls for some terminals
      result += '?';
      ++i;
    } else {
      result += code < 0x20 || code == 0x7f ? '?' : shown[i];
    }
  }
  return text.size() > shown.size() ? result + "..." : result;
}

}  // namespace saccade::core
