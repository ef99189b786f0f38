#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace saccade::command {

/// The position of the token that `wanted` names: "its", the first of that text, as given or else in lower
/// case, with a warning on stderr where there are more; "its:2", the second; "#9", the one at position 9.
/// Throws Error{invalid_argument} listing the tokens where there is none.
[[nodiscard]] std::int64_t find_token(std::span<const std::string> tokens, const std::string& wanted);

}  // namespace saccade::command
