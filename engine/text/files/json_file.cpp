#include "text/files/json_file.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "core/printable.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::text {

using core::printable;
using nlohmann::json;

Error JsonValue::error(ErrorCode code, const std::string& what) const {
  return {code, file_->string() + ": " + (name_.empty() ? "" : printable(name_) + " ") + what};
}

Error JsonValue::wrong_type(const std::string& expected) const {
  const std::string what = "is of type " + std::string(value_->type_name()) + "; expected " + expected;
  return error(ErrorCode::file_format, (name_.empty() ? "the file " : "") + what);
}

const std::string& JsonValue::text() const {
  if (!value_->is_string()) throw wrong_type("a string");
  return value_->get_ref<const std::string&>();
}

bool JsonValue::flag() const {
  if (!value_->is_boolean()) throw wrong_type("true or false");
  return value_->get<bool>();
}

bool JsonValue::is_whole() const noexcept {
  return value_->is_number_unsigned() ? value_->get<std::uint64_t>() <= INT64_MAX
                                      : value_->is_number_integer();
}

std::int64_t JsonValue::whole() const {
  if (!is_whole()) throw wrong_type("a whole number");
  return value_->get<std::int64_t>();
}

void JsonValue::each(const std::function<void(const JsonValue&)>& item) const {
  if (!value_->is_array()) throw wrong_type("a list");
  for (std::size_t i = 0; i < value_->size(); ++i)
    item({*file_, name_ + "[" + std::to_string(i) + "]", (*value_)[i]});
}

void JsonValue::each_member(
    const std::function<void(const std::string&, const JsonValue&)>& member_of) const {
  if (!value_->is_object()) throw wrong_type("an object");
  for (const auto& [key, value] : value_->items()) member_of(key, member(key, value));
}

JsonValue JsonValue::at(const std::string& key) const {
  if (!value_->is_object()) throw wrong_type("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) throw error(ErrorCode::file_format, "lacks '" + key + "'");
  return member(key, *found);
}

std::optional<JsonValue> JsonValue::find(const std::string& key) const {
  if (!value_->is_object()) throw wrong_type("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return member(key, *found);
}

JsonValue JsonValue::member(const std::string& key, const json& value) const {
  return {*file_, name_.empty() ? key : name_ + "." + key, value};
}

JsonFile::JsonFile(const std::filesystem::path& path)
    : path_(path), json_(io::parse_strict_object({path}, read_file(path), "the file")) {}

bool is_there(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  std::error_code ignored;
  if (file && !std::filesystem::is_directory(path, ignored)) {
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    if (!file.bad()) return bytes;
  }
  const std::string reason =
      errno != 0 ? std::generic_category().message(errno) : "not a file that can be read";
  throw Error(ErrorCode::file_not_usable, path.string() + ": cannot read: " + reason);
}

}  // namespace saccade::text
