#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace saccade::command {

/// Accepts whole numbers of at least `least`.
[[nodiscard]] CLI::Validator whole_number(std::int64_t least);

/// Turns a size such as 1000, 64K, 512M or 2G (powers of 1024) into bytes, at least one.
[[nodiscard]] CLI::Validator size_in_bytes();

}  // namespace saccade::command
