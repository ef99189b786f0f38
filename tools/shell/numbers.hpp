#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace saccade::command {

/// The whole number that `text` is, all of it.
[[nodiscard]] std::optional<std::int64_t> whole_number_in(std::string_view text);

/// Accepts whole numbers from `least` to `most`.
[[nodiscard]] CLI::Validator whole_number(std::int64_t least, std::int64_t most = INT64_MAX);

/// Accepts numbers of at least `least` that are finite as fp32.
[[nodiscard]] CLI::Validator finite_number(std::optional<float> least = {});

/// Converts a size such as 1000, 64K, 512M, 2G, 2GB or 2GiB (all powers of 1024) to bytes, at least one.
[[nodiscard]] CLI::Validator size_in_bytes();

}  // namespace saccade::command
