#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/printable.hpp"
#include "saccade/error.hpp"

namespace saccade::io {

/// The subject of a message: a file, or a tensor in it.
struct Place {
  std::filesystem::path file;
  std::string tensor = {};
};

using core::printable;

/// "FILE: tensor 'NAME': ", or "FILE: ".
[[nodiscard]] std::string to_string(const Place& place);

[[nodiscard]] Error format_error(const Place& place, const std::string& what);
[[nodiscard]] Error argument_error(const Place& place, const std::string& what);
/// "FILE: cannot ACTION: what errno says"
[[nodiscard]] Error system_error(const std::filesystem::path& file, const std::string& action,
                                 int error_number);

}  // namespace saccade::io
