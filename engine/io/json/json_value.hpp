#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "io/files/errors.hpp"

namespace saccade::io {

/// The whole numbers that a value may have.
struct WholeRange {
  std::int64_t least = 0;
  std::int64_t most = INT32_MAX;  ///< products of two such numbers fit 63 bits
};

/// A value of a JSON text with its place there, which errors name: "FILE: 'pre_tokenizer.type' is 3; expected
/// a text". Shares the parsed text with all values that come from it.
class JsonValue {
 public:
  /// The root. `what` is the text's name in errors: "the file".
  JsonValue(Place place, nlohmann::json root, std::string what);

  [[nodiscard]] bool is_null() const noexcept { return value_->is_null(); }
  [[nodiscard]] bool is_text() const noexcept { return value_->is_string(); }
  [[nodiscard]] bool is_list() const noexcept { return value_->is_array(); }
  /// A whole number from 0 to below 2^63.
  [[nodiscard]] bool is_whole() const noexcept;

  // Each throws Error{file_format} for a value of another type, or outside of the range.
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] std::int64_t whole(WholeRange range = {}) const;
  [[nodiscard]] double number() const;                                 ///< finite, 0 or more
  [[nodiscard]] std::vector<std::string> texts() const;                ///< a text counts as a list of one
  void each(const std::function<void(const JsonValue&)>& item) const;  ///< of a list
  void each_member(const std::function<void(const std::string&, const JsonValue&)>& member) const;

  [[nodiscard]] std::size_t size() const noexcept { return value_->size(); }  ///< items or members

  // Members of an object. A value that is no object is an Error{file_format}.
  /// The key is there and not null.
  [[nodiscard]] bool has(std::string_view key) const;
  /// The key is there, and null.
  [[nodiscard]] bool is_null(std::string_view key) const;
  /// Throws Error{file_format} where the key is missing.
  [[nodiscard]] JsonValue at(std::string_view key) const;
  /// Nothing where the key is missing or null.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view key) const;
  // The member's value, or `otherwise` where the key is missing or null.
  [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise) const;
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const;
  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t otherwise, WholeRange range = {}) const;
  [[nodiscard]] double number(std::string_view key, double otherwise) const;

  /// The keys of this object, in order, whose members are not null and were not read by any function above
  /// (to ask whether a member is there counts as reading it). A reader of a config file calls this last, to
  /// refuse what it did not use.
  [[nodiscard]] std::vector<std::string> unread_members() const;

  /// The value as it is, for what this class has no reader for.
  [[nodiscard]] const nlohmann::json& raw() const noexcept { return *value_; }

  /// "FILE: 'NAME' what"
  [[nodiscard]] Error error(ErrorCode code, const std::string& what) const;
  /// "FILE: 'NAME' is VALUE; expected EXPECTED", as Error{file_format}.
  [[nodiscard]] Error wrong(const std::string& expected) const;
  /// "FILE: 'NAME' is VALUE, which is not supported; supported: SUPPORTED", as Error{unsupported}.
  [[nodiscard]] Error unsupported(const std::string& supported) const;
  // The same for a member, which may be missing.
  [[nodiscard]] Error wrong(std::string_view key, const std::string& expected) const;
  [[nodiscard]] Error unsupported(std::string_view key, const std::string& supported) const;

 private:
  struct Document {
    Place place;
    std::string what;
    nlohmann::json root;
    // What was read, by address: members that were looked up, and objects whose members were all visited.
    mutable std::unordered_set<const nlohmann::json*> looked_up;
    mutable std::unordered_set<const nlohmann::json*> visited;
  };

  JsonValue(std::shared_ptr<const Document> document, const nlohmann::json* value, std::string name)
      : document_(std::move(document)), value_(value), name_(std::move(name)) {}

  /// The member, null where it is missing. Records that it was read.
  [[nodiscard]] const nlohmann::json* look_up(std::string_view key) const;
  [[nodiscard]] std::string name_of(std::string_view key) const;
  [[nodiscard]] JsonValue member(std::string_view key, const nlohmann::json& value) const;
  /// A member that may be missing: then its value is null, and errors say so.
  [[nodiscard]] JsonValue member_or_missing(std::string_view key) const;
  [[nodiscard]] std::string shown() const;

  std::shared_ptr<const Document> document_;
  const nlohmann::json* value_;
  std::string name_;
};

/// Reads a file of at most 256 MiB that is JSON. Throws Error{file_not_usable} or Error{file_format}.
[[nodiscard]] JsonValue read_json(const std::filesystem::path& path);

}  // namespace saccade::io
