#include "pipeline/embed/text_record.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "io/files/errors.hpp"
#include "io/json/json_members.hpp"
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

/// The bytes of a value, which are used, as strict JSON.
json parse_value(const io::Place& place, const std::string& key, std::string_view value) {
  return io::parse_strict_json(place, std::string(value), "'" + printable(key) + "'");
}

void parse_ids(const io::Place& place, std::string_view ids, std::optional<std::string_view> types,
               const IdLimits& limits, TextRecord& record) {
  record.ids = parse_numbers(place, "ids", parse_value(place, "ids", ids), limits.vocabulary);
  if (record.ids.empty() || record.ids.size() > static_cast<std::uint64_t>(limits.longest)) {
    throw io::format_error(place, "'ids' has " + std::to_string(record.ids.size()) +
                                      " elements; expected 1 to " + std::to_string(limits.longest));
  }
  if (!types) return;
  constexpr std::int64_t most_types = 1 << 16;  // how many a model has is checked by the encoder
  record.types = parse_numbers(place, "types", parse_value(place, "types", *types), most_types);
  if (record.types.size() != record.ids.size()) {
    throw io::format_error(place, "'types' has " + std::to_string(record.types.size()) +
                                      " elements; expected " + std::to_string(record.ids.size()) +
                                      ", one for each of 'ids'");
  }
}

std::string parse_text(const io::Place& place, const std::string& field, std::string_view value) {
  if (!value.starts_with('"')) {
    throw io::format_error(
        place, "'" + printable(field) + "' is " + printable(value) + "; expected a text in quotes");
  }
  return parse_value(place, field, value).get<std::string>();
}

TextRecord parse_json(const io::Place& place, std::string_view line, const std::string& field,
                      const IdLimits& limits) {
  const std::array<std::string_view, 4> keys = {field, "id", "ids", "types"};
  const auto members = io::find_json_members(place, line, "the line", keys);
  const auto& [text, id, ids, types] = std::tie(members[0], members[1], members[2], members[3]);
  TextRecord record;
  if (id) {
    if (!io::is_standard_json(*id)) throw io::format_error(place, "'id' is not valid JSON");
    record.id = *id;
  }
  if (text && ids && field != "ids") {
    throw io::format_error(place,
                           "there are both '" + printable(field) + "' and 'ids'; expected one of them");
  }
  if (text) {
    record.text = parse_text(place, field, *text);
  } else if (ids) {
    parse_ids(place, *ids, types, limits, record);
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
