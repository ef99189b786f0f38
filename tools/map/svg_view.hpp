#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "map/attention_map.hpp"

namespace saccade::command {

/// The map as a picture: a heat map with the tokens on both axes, or of several planes a grid of small ones,
/// layers down and heads across. `position`: the token whose row is marked.
[[nodiscard]] std::string as_svg(const AttentionMap& map, std::optional<std::int64_t> position);

}  // namespace saccade::command
