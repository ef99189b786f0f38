#pragma once

#include <string>
#include <string_view>

#include "map/attention_map.hpp"

namespace saccade::command {

/// The map as JSON, each probability with the fewest digits that give its bits back.
[[nodiscard]] std::string as_json(const AttentionMap& map);
[[nodiscard]] std::string as_json(const TopMap& top);

/// A probability with the fewest digits that read back as the same bits; null where it is NaN or infinite.
[[nodiscard]] std::string json_number(float value);

/// A string, or a list of them, as JSON in which < is escaped, so that it can be embedded in HTML.
[[nodiscard]] std::string json_text(std::string_view text);
[[nodiscard]] std::string json_list(const std::vector<std::string>& texts);

}  // namespace saccade::command
