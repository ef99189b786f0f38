#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace saccade::command {

/// 47000 as "47,000".
[[nodiscard]] std::string with_commas(std::int64_t number);

/// "1 token", "47,000 tokens".
[[nodiscard]] std::string count_of(std::int64_t number, const std::string& thing);

/// With that many digits after the point.
[[nodiscard]] std::string fixed(double number, int digits);

/// "[2, 3]"
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace saccade::command
