#include "io/json/json_value.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/files/input_file.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::io {
namespace {

using nlohmann::json;

/// The value of a missing key, recognised by its address.
const json missing;

}  // namespace

JsonValue::JsonValue(Place place, json root, std::string what)
    : document_(std::make_shared<const Document>(
          Document{std::move(place), std::move(what), std::move(root), {}, {}})),
      value_(&document_->root) {}

bool JsonValue::is_whole() const noexcept {
  return value_->is_number_unsigned() && value_->get<std::uint64_t>() <= INT64_MAX;
}

const std::string& JsonValue::text() const {
  if (!value_->is_string()) throw wrong("a text");
  return value_->get_ref<const std::string&>();
}

bool JsonValue::flag() const {
  if (!value_->is_boolean()) throw wrong("true or false");
  return value_->get<bool>();
}

std::int64_t JsonValue::whole(WholeRange range) const {
  // A number beyond 63 bits becomes a negative one here, which no range has.
  const std::int64_t number = value_->is_number_integer() ? value_->get<std::int64_t>() : -1;
  if (number >= range.least && number <= range.most) return number;
  throw wrong("a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most));
}

double JsonValue::number() const {
  if (value_->is_number() && std::isfinite(value_->get<double>()) && value_->get<double>() >= 0)
    return value_->get<double>();
  throw wrong("a number, 0 or more");
}

std::vector<std::string> JsonValue::texts() const {
  if (value_->is_string()) return {text()};
  const auto is_text = [](const json& item) { return item.is_string(); };
  if (!value_->is_array() || !std::all_of(value_->begin(), value_->end(), is_text))
    throw wrong("a text or a list of texts");
  return value_->get<std::vector<std::string>>();
}

void JsonValue::each(const std::function<void(const JsonValue&)>& item) const {
  if (!value_->is_array()) throw wrong("a list");
  for (std::size_t i = 0; i < value_->size(); ++i)
    item({document_, &(*value_)[i], name_ + "[" + std::to_string(i) + "]"});
}

void JsonValue::each_member(
    const std::function<void(const std::string&, const JsonValue&)>& member_of) const {
  if (!value_->is_object()) throw wrong("an object");
  document_->visited.insert(value_);
  for (const auto& [key, value] : value_->items()) member_of(key, member(key, value));
}

const json* JsonValue::look_up(std::string_view key) const {
  if (!value_->is_object()) throw wrong("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) return nullptr;
  document_->looked_up.insert(&*found);
  return &*found;
}

std::vector<std::string> JsonValue::unread_members() const {
  if (!value_->is_object()) throw wrong("an object");
  std::vector<std::string> unread;
  if (document_->visited.contains(value_)) return unread;
  for (const auto& [key, value] : value_->items())
    if (!value.is_null() && !document_->looked_up.contains(&value)) unread.push_back(key);
  return unread;
}

bool JsonValue::has(std::string_view key) const {
  const json* const found = look_up(key);
  return found != nullptr && !found->is_null();
}

bool JsonValue::is_null(std::string_view key) const {
  const json* const found = look_up(key);
  return found != nullptr && found->is_null();
}

JsonValue JsonValue::at(std::string_view key) const {
  if (const json* const found = look_up(key)) return member(key, *found);
  throw member(key, missing).error(ErrorCode::file_format, "is missing");
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  const json* const found = look_up(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return member(key, *found);
}

std::string JsonValue::text(std::string_view key, std::string_view otherwise) const {
  return has(key) ? at(key).text() : std::string(otherwise);
}

bool JsonValue::flag(std::string_view key, bool otherwise) const {
  return has(key) ? at(key).flag() : otherwise;
}

std::int64_t JsonValue::whole(std::string_view key, std::int64_t otherwise, WholeRange range) const {
  return has(key) ? at(key).whole(range) : otherwise;
}

double JsonValue::number(std::string_view key, double otherwise) const {
  return has(key) ? at(key).number() : otherwise;
}

std::string JsonValue::name_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

JsonValue JsonValue::member(std::string_view key, const json& value) const {
  return {document_, &value, name_of(key)};
}

JsonValue JsonValue::member_or_missing(std::string_view key) const {
  const json* const found = look_up(key);
  return member(key, found == nullptr ? missing : *found);
}

std::string JsonValue::shown() const {
  return value_ == &missing ? "missing"
                            : printable(value_->dump(-1, ' ', false, json::error_handler_t::replace));
}

Error JsonValue::error(ErrorCode code, const std::string& what) const {
  const std::string subject = name_.empty() ? document_->what : "'" + printable(name_) + "'";
  return {code, to_string(document_->place) + subject + " " + what};
}

Error JsonValue::wrong(const std::string& expected) const {
  return error(ErrorCode::file_format, "is " + shown() + "; expected " + expected);
}

Error JsonValue::unsupported(const std::string& supported) const {
  return error(ErrorCode::unsupported, "is " + shown() + ", which is not supported; supported: " + supported);
}

Error JsonValue::wrong(std::string_view key, const std::string& expected) const {
  return member_or_missing(key).wrong(expected);
}

Error JsonValue::unsupported(std::string_view key, const std::string& supported) const {
  return member_or_missing(key).unsupported(supported);
}

JsonValue read_json(const std::filesystem::path& path) {
  constexpr std::uint64_t longest = std::uint64_t{1} << 28;
  return {{path}, parse_strict_json({path}, read_file(path, longest), "the file"), "the file"};
}

}  // namespace saccade::io
