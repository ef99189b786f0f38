#pragma once

#include "map/attention_map.hpp"

namespace saccade::command {

/// Of each row, the k greatest probabilities: as the operator's TopKeys has them, the lower key before an
/// equal one, and -1 and 0 in place of what is no number.
[[nodiscard]] TopMap most_attended(const AttentionMap& map, std::size_t k);

}  // namespace saccade::command
