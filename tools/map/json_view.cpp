#include "map/json_view.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <nlohmann/json.hpp>

namespace saccade::command {
namespace {

std::string number_text(float value) {
  return json_number(value);
}

std::string number_text(std::int32_t value) {
  return std::to_string(value);
}

/// [layers][heads][queries][columns], a row on a line.
template <class Value>
std::string nested(const AttentionMap& map, std::size_t columns, std::span<const Value> values) {
  std::string text;
  std::size_t at = 0;
  const auto list = [&](std::size_t count, const char* gap, auto&& element) {
    text += '[';
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += gap;
      element();
    }
    text += ']';
  };
  const auto value = [&] { text += number_text(values[at++]); };
  const auto row = [&] { list(columns, ",", value); };
  const auto plane = [&] { list(map.queries(), ",\n  ", row); };
  const auto layer = [&] { list(map.heads.size(), ",\n  ", plane); };
  list(map.layers.size(), ",\n  ", layer);
  return text;
}

std::string labels(const AttentionMap& map) {
  std::string positions;
  for (const std::int64_t position : map.positions)
    positions += (positions.empty() ? "" : ",") + std::to_string(position);
  return "{\"text\": " + json_text(map.text) + ",\n\"tokens\": " + json_list(map.tokens) +
         ",\n\"queries\": [" + positions + "],\n\"layers\": " + json_list(map.layers) +
         ",\n\"heads\": " + json_list(map.heads) + ",\n";
}

}  // namespace

std::string json_number(float value) {
  if (!std::isfinite(value)) return "null";  // JSON has no other word for them
  std::array<char, 32> digits = {};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::string json_text(std::string_view text) {
  std::string escaped = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = escaped.find('<', at)) != std::string::npos;)
    escaped.replace(at, 1, "\\u003c");
  return escaped;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + json_text(text);
  return "[" + list + "]";
}

std::string as_json(const AttentionMap& map) {
  return labels(map) + "\"probabilities\":\n  " + nested(map, map.keys(), std::span(map.probabilities)) +
         "}\n";
}

std::string as_json(const TopMap& top) {
  return labels(top.map) + "\"keys\":\n  " + nested(top.map, top.k, std::span(top.keys)) +
         ",\n\"probabilities\":\n  " + nested(top.map, top.k, std::span(top.map.probabilities)) + "}\n";
}

}  // namespace saccade::command
