#pragma once

#include <filesystem>

namespace saccade::command {

/// `given`, or where it is empty the encoder that comes with the command, saccade-mini: beside it in a build
/// folder, or where it was installed. Throws Error{file_not_usable} naming both places where it is in
/// neither.
[[nodiscard]] std::filesystem::path model_or_default(const std::filesystem::path& given);

}  // namespace saccade::command
