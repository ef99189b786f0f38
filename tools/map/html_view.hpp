#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "map/attention_map.hpp"

namespace saccade::command {

/// The map as a page to look around in: one file that needs no network. Probabilities stand in it as 16 bits
/// each, or where that were more than 4 MB as 8, of the greatest. `position`: the token chosen at first.
[[nodiscard]] std::string as_html(const AttentionMap& map, std::optional<std::int64_t> position);

}  // namespace saccade::command
