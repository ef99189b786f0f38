#pragma once

#include <filesystem>
#include <string_view>

#include "saccade/export.hpp"

namespace saccade {

/// Writes a file completely or not at all: it is on the disk before it gets its name, and keeps the mode of a
/// file that it replaces. A symbolic link is followed. A device, a pipe or the standard output ("-" or
/// /dev/stdout) is written directly. Throws Error{file_not_usable}.
///
/// @code
/// saccade::write_file("report.txt", "two lines\nof text\n");
/// @endcode
SACCADE_API void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace saccade
