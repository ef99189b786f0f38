#pragma once

#include <string>
#include <string_view>

namespace saccade::core {

/// `text` as it may go to a terminal: control characters, which a hostile file may hold, become '?', and long
/// text is cut, at the end of a UTF-8 character.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace saccade::core
