#include "model/config/json_object.hpp"

#include <cmath>
#include <system_error>
#include <utility>

#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::model {
namespace {

using nlohmann::json;

std::string range_text(Whole range) {
  return "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
}

}  // namespace

bool file_exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

json read_json(const std::filesystem::path& path) {
  io::InputFile file(path);
  constexpr std::uint64_t longest = 100'000'000;
  if (file.size() > longest) {
    throw io::format_error({path}, "has " + std::to_string(file.size()) +
                                       " bytes; expected JSON of at most " + std::to_string(longest));
  }
  return io::parse_strict_json({path}, io::read_string(file, 0, file.size()), "the file");
}

JsonObject JsonObject::read(const std::filesystem::path& path) {
  return {path, read_json(path)};
}

JsonObject::JsonObject(std::filesystem::path file, json object, std::string inside)
    : file_(std::move(file)), object_(std::move(object)), inside_(std::move(inside)) {
  if (object_.is_object()) return;
  const std::string name = inside_.empty() ? "the file" : "'" + inside_.substr(0, inside_.size() - 1) + "'";
  throw io::format_error({file_}, name + " is not a JSON object");
}

const json* JsonObject::find(std::string_view key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

const json* JsonObject::value(std::string_view key, bool needed, const std::string& expected) const {
  const json* found = find(key);
  if (found != nullptr && !found->is_null()) return found;
  if (needed) throw wrong(key, expected);
  return nullptr;
}

bool JsonObject::has(std::string_view key) const {
  const json* found = find(key);
  return found != nullptr && !found->is_null();
}

bool JsonObject::is_null(std::string_view key) const {
  const json* found = find(key);
  return found != nullptr && found->is_null();
}

std::int64_t JsonObject::whole(std::string_view key, std::optional<std::int64_t> otherwise,
                               Whole range) const {
  const json* found = value(key, !otherwise, range_text(range));
  if (found == nullptr) return *otherwise;
  // A number beyond 63 bits becomes a negative one here, which no range has.
  if (!found->is_number_integer() || found->get<std::int64_t>() < range.least ||
      found->get<std::int64_t>() > range.most) {
    throw wrong(key, range_text(range));
  }
  return found->get<std::int64_t>();
}

double JsonObject::number(std::string_view key, double otherwise) const {
  const std::string expected = "a number, 0 or more";
  const json* found = value(key, false, expected);
  if (found == nullptr) return otherwise;
  if (!found->is_number() || !std::isfinite(found->get<double>()) || found->get<double>() < 0)
    throw wrong(key, expected);
  return found->get<double>();
}

bool JsonObject::flag(std::string_view key, bool otherwise) const {
  const std::string expected = "true or false";
  const json* found = value(key, false, expected);
  if (found == nullptr) return otherwise;
  if (!found->is_boolean()) throw wrong(key, expected);
  return found->get<bool>();
}

std::string JsonObject::text(std::string_view key, std::optional<std::string> otherwise) const {
  const std::string expected = "a text";
  const json* found = value(key, !otherwise, expected);
  if (found == nullptr) return *otherwise;
  if (!found->is_string()) throw wrong(key, expected);
  return found->get<std::string>();
}

std::vector<std::string> JsonObject::texts(std::string_view key) const {
  const std::string expected = "a text or a list of texts";
  const json* found = value(key, true, expected);
  if (found->is_string()) return {found->get<std::string>()};
  if (!found->is_array()) throw wrong(key, expected);
  std::vector<std::string> texts;
  for (const json& item : *found) {
    if (!item.is_string()) throw wrong(key, expected);
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

JsonObject JsonObject::object(std::string_view key) const {
  const std::string expected = "an object";
  return {file_, *value(key, true, expected), inside_ + std::string(key) + "."};
}

std::string JsonObject::place(std::string_view key) const {
  return "'" + inside_ + std::string(key) + "' is ";
}

Error JsonObject::wrong(std::string_view key, const std::string& expected) const {
  const json* found = find(key);
  const std::string got = found == nullptr ? "missing" : io::printable(found->dump());
  return io::format_error({file_}, place(key) + got + "; expected " + expected);
}

Error JsonObject::unsupported(std::string_view key, const std::string& supported) const {
  const json* found = find(key);
  const std::string got = found == nullptr ? "missing" : io::printable(found->dump());
  return {ErrorCode::unsupported,
          io::to_string({file_}) + place(key) + got + ", which is not supported; supported: " + supported};
}

}  // namespace saccade::model
