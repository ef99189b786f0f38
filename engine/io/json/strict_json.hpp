#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "io/files/errors.hpp"

namespace saccade::io {

/// Parses JSON. Throws Error{file_format}, which calls the text `what`, also for equal keys in an object
/// (nlohmann's parser keeps the last), zero bytes (it stops there) and nesting so deep that recursive
/// functions could overflow the stack.
[[nodiscard]] nlohmann::json parse_strict_json(const Place& place, const std::string& text,
                                               const std::string& what);
/// Parses JSON that must be an object.
[[nodiscard]] nlohmann::json parse_strict_object(const Place& place, const std::string& text,
                                                 const std::string& what);

}  // namespace saccade::io
