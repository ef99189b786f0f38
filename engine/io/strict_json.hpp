#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "io/errors.hpp"

namespace saccade::io {

/// The header of a file as JSON: an object without equal keys, of which nlohmann's parser would silently keep
/// the last, without zero bytes, where it would stop, and not nested so deep that recursive functions of its
/// values are in danger.
[[nodiscard]] nlohmann::json parse_strict_json(const Place& place, const std::string& text);

}  // namespace saccade::io
