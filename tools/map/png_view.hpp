#pragma once

#include <string>
#include <string_view>

namespace saccade::command {

/// The bytes of a PNG file: an SVG drawn at twice its size, by librsvg. Throws Error{unsupported} where the
/// command was built without it.
[[nodiscard]] std::string as_png(std::string_view svg);

}  // namespace saccade::command
