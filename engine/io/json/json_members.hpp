#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/errors.hpp"

namespace saccade::io {

/// The values that `keys` have in the JSON object that `text` is, each the bytes of the value as they are in
/// `text`; nothing where a key is missing. Checks values and keys that are not asked for by their syntax
/// alone, so that what the caller does not use is no reason to refuse a line: they may be nested to any depth
/// and have equal keys, numbers of any size, NaN and Infinity, half surrogates and bytes that are not UTF-8.
/// Throws Error{file_format}, which calls the text `what`, where it is no object, its syntax is wrong or a
/// key of `keys` comes twice.
[[nodiscard]] std::vector<std::optional<std::string_view>> find_json_members(
    const Place& place, std::string_view text, const std::string& what,
    std::span<const std::string_view> keys);

/// True if `value`, the bytes of a value that find_json_members() found, is JSON as RFC 8259 has it: UTF-8,
/// and no NaN or Infinity. Numbers may have any size, and objects equal keys.
[[nodiscard]] bool is_standard_json(std::string_view value);

}  // namespace saccade::io
