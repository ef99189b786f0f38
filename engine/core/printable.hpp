#pragma once

#include <string>
#include <string_view>

namespace saccade::core {

/// Text that is safe to print to a terminal: control characters, which a hostile file may contain, become
/// '?', and long text is cut at the end of a UTF-8 character.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace saccade::core
