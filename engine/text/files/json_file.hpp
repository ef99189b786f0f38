#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "saccade/error.hpp"

namespace saccade::text {

/// A value in a JSON file and how it is called there; errors name both. Borrows from its JsonFile.
class JsonValue {
 public:
  JsonValue(const std::filesystem::path& file, std::string name, const nlohmann::json& value)
      : file_(&file), name_(std::move(name)), value_(&value) {}

  /// "FILE: NAME what"
  [[nodiscard]] Error error(ErrorCode code, const std::string& what) const;

  [[nodiscard]] bool is_null() const noexcept { return value_->is_null(); }
  [[nodiscard]] bool is_text() const noexcept { return value_->is_string(); }
  [[nodiscard]] bool is_list() const noexcept { return value_->is_array(); }
  /// A whole number of 63 bits.
  [[nodiscard]] bool is_whole() const noexcept;

  // Each throws Error{file_format} where the value is something else.
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] std::int64_t whole() const;
  void each(const std::function<void(const JsonValue&)>& item) const;  ///< of a list
  void each_member(const std::function<void(const std::string&, const JsonValue&)>& member) const;

  [[nodiscard]] std::size_t size() const noexcept { return value_->size(); }  ///< items or members
  /// A member of an object; Error{file_format} where it is missing.
  [[nodiscard]] JsonValue at(const std::string& key) const;
  /// Nothing where it is missing or null.
  [[nodiscard]] std::optional<JsonValue> find(const std::string& key) const;

 private:
  [[nodiscard]] Error wrong_type(const std::string& expected) const;
  [[nodiscard]] JsonValue member(const std::string& key, const nlohmann::json& value) const;

  const std::filesystem::path* file_;
  std::string name_;
  const nlohmann::json* value_;
};

/// A file that is one JSON object.
class JsonFile {
 public:
  /// Throws Error: file_not_usable where it cannot be read, file_format where it is something else.
  explicit JsonFile(const std::filesystem::path& path);

  [[nodiscard]] JsonValue root() const { return {path_, "", json_}; }

 private:
  std::filesystem::path path_;
  nlohmann::json json_;
};

[[nodiscard]] bool is_there(const std::filesystem::path& path) noexcept;
/// The bytes of a file. Throws Error{file_not_usable}.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace saccade::text
