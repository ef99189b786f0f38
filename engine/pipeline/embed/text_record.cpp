#include "pipeline/embed/text_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/files/errors.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::pipeline {
namespace {

using io::printable;
using nlohmann::json;

/// Whole numbers from 0 to below `end`.
std::vector<std::int32_t> parse_numbers(const io::Place& place, const std::string& key, const json& value,
                                        std::int64_t end) {
  const std::string expected = "; expected whole numbers from 0 to " + std::to_string(end - 1);
  if (!value.is_array()) throw io::format_error(place, "'" + key + "' is no list" + expected);
  std::vector<std::int32_t> numbers;
  numbers.reserve(value.size());
  for (const json& item : value) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() >= static_cast<std::uint64_t>(end)) {
      throw io::format_error(place, "'" + key + "' has " + printable(item.dump()) + " as element " +
                                        std::to_string(numbers.size()) + expected);
    }
    numbers.push_back(item.get<std::int32_t>());
  }
  return numbers;
}

void parse_ids(const io::Place& place, const json& object, const IdLimits& limits, TextRecord& record) {
  record.ids = parse_numbers(place, "ids", object["ids"], limits.vocabulary);
  if (record.ids.empty() || record.ids.size() > static_cast<std::uint64_t>(limits.longest)) {
    throw io::format_error(place, "'ids' has " + std::to_string(record.ids.size()) +
                                      " elements; expected 1 to " + std::to_string(limits.longest));
  }
  if (!object.contains("types")) return;
  constexpr std::int64_t most_types = 1 << 16;  // how many a model has is checked by the encoder
  record.types = parse_numbers(place, "types", object["types"], most_types);
  if (record.types.size() != record.ids.size()) {
    throw io::format_error(place, "'types' has " + std::to_string(record.types.size()) +
                                      " elements; expected " + std::to_string(record.ids.size()) +
                                      ", one for each of 'ids'");
  }
}

TextRecord parse_json(const io::Place& place, std::string_view line, const std::string& field,
                      const IdLimits& limits) {
  const json object = io::parse_strict_object(place, std::string(line), "the line");
  TextRecord record;
  if (const auto id = object.find("id"); id != object.end()) record.id = id->dump();
  if (const auto text = object.find(field); text != object.end()) {
    if (!text->is_string()) {
      throw io::format_error(
          place, "'" + printable(field) + "' is " + printable(text->dump()) + "; expected a text in quotes");
    }
    record.text = text->get<std::string>();
  } else if (object.contains("ids")) {
    parse_ids(place, object, limits, record);
  } else {
    throw io::format_error(place, "there is no '" + printable(field) + "'; expected it, or 'ids'");
  }
  return record;
}

}  // namespace

TextRecord parse_record(const std::string& place, TextFormat format, std::string_view line,
                        const std::string& field, const IdLimits& limits) {
  if (format == TextFormat::json_lines) return parse_json({place}, line, field, limits);
  if (line.ends_with('\r')) line.remove_suffix(1);
  TextRecord record;
  record.text = line;
  return record;
}

}  // namespace saccade::pipeline
