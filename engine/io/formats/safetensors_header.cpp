#include "io/formats/safetensors_header.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "io/files/errors.hpp"
#include "io/formats/storage_types.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::io {
namespace {

using nlohmann::json;

constexpr const char* metadata_key = "__metadata__";

const json& member(const Place& place, const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw format_error(place, std::string("the header lacks '") + key + "'");
  return *found;
}

/// Sets the type, or why the tensor cannot be read: F8_E4M3, for one, has no place among the types.
void parse_dtype(const Place& place, const json& value, SafetensorsEntry& entry) {
  if (!value.is_string()) throw format_error(place, "dtype is not a string: " + printable(value.dump()));
  const auto& dtype = value.get_ref<const std::string&>();
  const std::optional<StorageType> type = type_of_safetensors(dtype);
  if (type) {
    entry.info.type = *type;
  } else {
    entry.unreadable =
        to_string(place) + "dtype '" + printable(dtype) +
        "' is not supported; expected one of BOOL U8 I8 I16 U16 I32 U32 I64 U64 F16 BF16 F32 F64";
  }
}

std::vector<std::uint64_t> parse_sizes(const Place& place, const json& object, const char* key) {
  const json& values = member(place, object, key);
  if (!values.is_array())
    throw format_error(place, std::string(key) + " is not a list: " + printable(values.dump()));
  std::vector<std::uint64_t> sizes;
  for (const json& value : values) {
    if (!value.is_number_unsigned()) {
      throw format_error(place, std::string(key) + " " + printable(values.dump()) + " has '" +
                                    printable(value.dump()) +
                                    "'; expected whole numbers from 0 to below 2^64");
    }
    sizes.push_back(value.get<std::uint64_t>());
  }
  return sizes;
}

std::string range_text(const SafetensorsEntry& entry) {
  return "data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
}

void check_entry(const Place& place, const SafetensorsEntry& entry, std::uint64_t data_size) {
  if (entry.end < entry.begin || entry.end > data_size) {
    throw format_error(place, range_text(entry) +
                                  (entry.end < entry.begin ? " end before they begin" : " reach beyond") +
                                  ": the file holds " + std::to_string(data_size) + " bytes of tensors");
  }
  if (!entry.unreadable.empty()) return;
  const std::string what =
      "shape " + shape_text(entry.info.shape) + " of " + std::string(to_string(entry.info.type));
  const std::optional<std::uint64_t> bytes = bytes_of(entry.info);
  if (!bytes) throw format_error(place, what + " has a size or a product of sizes beyond 2^63 bytes");
  if (*bytes == entry.end - entry.begin) return;
  throw format_error(place, what + " needs " + std::to_string(*bytes) + " bytes, but " + range_text(entry) +
                                " span " + std::to_string(entry.end - entry.begin));
}

SafetensorsEntry parse_entry(const Place& place, const json& object, std::uint64_t data_size) {
  if (!object.is_object()) throw format_error(place, "is not described by a JSON object");
  SafetensorsEntry entry;
  entry.info.name = place.tensor;
  parse_dtype(place, member(place, object, "dtype"), entry);
  // A size beyond 2^63 becomes negative here and fails with the shape.
  for (const std::uint64_t size : parse_sizes(place, object, "shape"))
    entry.info.shape.push_back(static_cast<std::int64_t>(size));
  const std::vector<std::uint64_t> offsets = parse_sizes(place, object, "data_offsets");
  if (offsets.size() != 2) {
    throw format_error(place, "data_offsets has " + std::to_string(offsets.size()) + " numbers; expected 2");
  }
  entry.begin = offsets[0];
  entry.end = offsets[1];
  check_entry(place, entry, data_size);
  return entry;
}

void check_cover(const std::filesystem::path& path, const std::vector<SafetensorsEntry>& entries,
                 std::uint64_t data_size) {
  std::uint64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      throw format_error({path, entry.info.name},
                         range_text(entry) + (entry.begin < covered ? " overlap" : " leave a hole after") +
                             " the tensor before, which ends at " + std::to_string(covered));
    }
    covered = entry.end;
  }
  if (covered != data_size) {
    throw format_error({path}, "the tensors end at byte " + std::to_string(covered) +
                                   " after the header, but " + std::to_string(data_size) +
                                   " bytes follow it");
  }
}

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(const std::filesystem::path& path,
                                                       const std::string& text, std::uint64_t data_size) {
  const json header = parse_strict_object({path}, text, "the header");
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name != metadata_key) entries.push_back(parse_entry({path, name}, value, data_size));
  }
  std::sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.info.name) < std::tie(b.begin, b.end, b.info.name);
  });
  check_cover(path, entries, data_size);
  return entries;
}

}  // namespace saccade::io
