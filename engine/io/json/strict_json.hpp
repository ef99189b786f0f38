#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "io/files/errors.hpp"

namespace saccade::io {

/// Text as JSON without equal keys in an object, of which nlohmann's parser would silently keep the last,
/// without zero bytes, where it would stop, and not nested so deep that recursive functions of its values are
/// in danger. Errors call the text `what`.
[[nodiscard]] nlohmann::json parse_strict_json(const Place& place, const std::string& text,
                                               const std::string& what);
/// The same; it must be an object.
[[nodiscard]] nlohmann::json parse_strict_object(const Place& place, const std::string& text,
                                                 const std::string& what);

}  // namespace saccade::io
