#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "map/attention_map.hpp"

namespace saccade::command {

/// A small heat map for each layer, downwards, and head, across; one colour bar for all.
[[nodiscard]] std::string grid_of_planes(const AttentionMap& map, std::optional<std::int64_t> position);

}  // namespace saccade::command
