#pragma once

#include <string>
#include <string_view>

namespace saccade::pipeline {

/// Valid UTF-8 from which the bytes can be read back, for the names and texts of journals, which may be any
/// bytes: a backslash is doubled, and a byte that is not part of valid UTF-8 becomes \xNN. Different bytes
/// have different texts.
[[nodiscard]] std::string escaped_bytes(std::string_view bytes);

}  // namespace saccade::pipeline
