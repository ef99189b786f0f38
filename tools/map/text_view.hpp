#pragma once

#include <cstddef>
#include <string>

#include "map/attention_map.hpp"

namespace saccade::command {

/// What a query attends to, as bars with percentages: the mean over the map's planes, and the plane that
/// attends most. `most`: how many keys are shown.
[[nodiscard]] std::string bars(const AttentionMap& map, std::size_t query, std::size_t most, bool colour);

/// All queries against all keys, each a shade; the mean over the planes.
[[nodiscard]] std::string shaded_matrix(const AttentionMap& map, bool colour);

/// For each query of each plane its most attended keys, a line each.
[[nodiscard]] std::string lines_of(const TopMap& top, bool colour);

}  // namespace saccade::command
