#pragma once

#include <cstddef>
#include <cstdint>

namespace saccade::core {

/// Converts a number that is not negative from int64, which the library computes with, to std::size_t.
[[nodiscard]] constexpr std::size_t as_size(std::int64_t n) noexcept {
  return static_cast<std::size_t>(n);
}

}  // namespace saccade::core
