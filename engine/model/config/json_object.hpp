#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/error.hpp"

namespace saccade::model {

/// The whole numbers that a key may have.
struct Whole {
  std::int64_t least = 0;
  std::int64_t most = (std::int64_t{1} << 31) - 1;  ///< products of two fit 63 bits
};

/// Whether there is something of this name; what cannot be looked at is not there.
[[nodiscard]] bool file_exists(const std::filesystem::path& path);

/// A file's text as JSON. Throws Error{file_not_usable} or Error{file_format}.
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& path);

/// A JSON object in a file, and the errors that name file, key and value. Each reader takes what holds where
/// the key is missing or null (nothing: it must be there), and throws Error{file_format} for another type.
class JsonObject {
 public:
  /// A file that is one object.
  [[nodiscard]] static JsonObject read(const std::filesystem::path& path);
  /// An object within a file, its keys called `inside` + key. Throws Error{file_format} where it is none.
  JsonObject(std::filesystem::path file, nlohmann::json object, std::string inside = {});

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] const nlohmann::json& members() const noexcept { return object_; }
  /// It is there and not null.
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool is_null(std::string_view key) const;

  [[nodiscard]] std::int64_t whole(std::string_view key, std::optional<std::int64_t> otherwise = {},
                                   Whole range = {}) const;
  [[nodiscard]] double number(std::string_view key, double otherwise) const;  ///< finite, 0 or more
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const;
  [[nodiscard]] std::string text(std::string_view key, std::optional<std::string> otherwise = {}) const;
  /// One text counts as a list of one.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// The object of a key that is there.
  [[nodiscard]] JsonObject object(std::string_view key) const;

  /// "FILE: 'KEY' is VALUE; expected EXPECTED"
  [[nodiscard]] Error wrong(std::string_view key, const std::string& expected) const;
  /// "FILE: 'KEY' is VALUE, which is not supported; supported: SUPPORTED"
  [[nodiscard]] Error unsupported(std::string_view key, const std::string& supported) const;

 private:
  [[nodiscard]] const nlohmann::json* find(std::string_view key) const;
  /// Null where the key is missing or null and need not be there.
  [[nodiscard]] const nlohmann::json* value(std::string_view key, bool needed,
                                            const std::string& expected) const;
  [[nodiscard]] std::string place(std::string_view key) const;

  std::filesystem::path file_;
  nlohmann::json object_;
  std::string inside_;
};

}  // namespace saccade::model
