#include "map/html_view.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "map/colour_ramp.hpp"
#include "map/json_view.hpp"
#include "map/page.hpp"
#include "map/svg_parts.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t most_wide_values = 1'500'000;  // 2 bytes each, as base64: 4 MB

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) { return at < bytes.size() ? std::uint32_t{bytes[at]} : 0u; };
    const std::uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (const int shift : {18, 12, 6, 0}) text += digits[three >> shift & 63];
  }
  for (std::size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
  return text;
}

/// Each a whole number of 8 or 16 bits, little-endian: the share of the greatest. What is no number is 0.
std::vector<std::uint8_t> quantised(const AttentionMap& map, float most, int bits) {
  const double full = bits == 16 ? 65535 : 255;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(map.probabilities.size() * static_cast<std::size_t>(bits / 8));
  for (const float value : map.probabilities) {
    const double share = most > 0 && value > 0 ? static_cast<double>(value) / static_cast<double>(most) : 0;
    const auto whole = static_cast<std::uint32_t>(std::min(share, 1.0) * full + 0.5);
    bytes.push_back(static_cast<std::uint8_t>(whole & 0xff));
    if (bits == 16) bytes.push_back(static_cast<std::uint8_t>(whole >> 8));
  }
  return bytes;
}

template <class Numbers>
std::string number_list(const Numbers& numbers) {
  std::string list;
  for (const auto number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

std::string data_of(const AttentionMap& map, std::optional<std::int64_t> position) {
  const float most = greatest(map.probabilities);
  const int bits = map.probabilities.size() > most_wide_values ? 8 : 16;
  return "{\"text\":" + json_text(map.text) + ",\"tokens\":" + json_list(map.tokens) +
         ",\"queries\":" + number_list(map.positions) + ",\"layers\":" + json_list(map.layers) +
         ",\"heads\":" + json_list(map.heads) + ",\"chosen\":" + std::to_string(position.value_or(-1)) +
         ",\"ramp\":" + number_list(colour_steps) + ",\"bits\":" + std::to_string(bits) +
         ",\"greatest\":" + json_number(most) + ",\"probabilities\":\"" + base64(quantised(map, most, bits)) +
         "\"}";
}

}  // namespace

std::string as_html(const AttentionMap& map, std::optional<std::int64_t> position) {
  std::string page;
  std::string_view rest = page_template;
  const auto copy_until = [&](std::string_view mark) {
    const std::size_t at = rest.find(mark);
    page += rest.substr(0, at);
    rest.remove_prefix(at + mark.size());
  };
  copy_until("@TITLE@");
  page += escaped(map.text.empty() ? "Attention" : map.text);
  copy_until("@DATA@");
  page += data_of(map, position);
  copy_until("@SCRIPT@");
  page += page_script;
  return page += rest;
}

}  // namespace saccade::command
