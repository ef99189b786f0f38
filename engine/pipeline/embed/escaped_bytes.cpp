#include "pipeline/embed/escaped_bytes.hpp"

#include "text/unicode/utf8.hpp"

namespace saccade::pipeline {
namespace {

void append_valid(std::string_view text, std::string& out) {
  for (const char byte : text) {
    if (byte == '\\') out += '\\';
    out += byte;
  }
}

void append_invalid(unsigned char byte, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

}  // namespace

std::string escaped_bytes(std::string_view bytes) {
  std::string escaped;
  while (!bytes.empty()) {
    const std::size_t valid = text::valid_length(bytes);
    append_valid(bytes.substr(0, valid), escaped);
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    append_invalid(static_cast<unsigned char>(bytes.front()), escaped);
    bytes.remove_prefix(1);
  }
  return escaped;
}

}  // namespace saccade::pipeline
