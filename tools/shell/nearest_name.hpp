#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saccade::command {

/// The edits that make one word of the other: characters inserted, removed or replaced, and neighbours
/// swapped (optimal string alignment distance).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name that `word` was probably meant to be: the nearest, if at most a third of it differs; empty: none.
[[nodiscard]] std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace saccade::command
