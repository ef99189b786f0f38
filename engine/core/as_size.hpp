#pragma once

#include <cstddef>
#include <cstdint>

namespace saccade::core {

/// A number of the library's int64 arithmetic that is not negative, as memory and containers count.
[[nodiscard]] constexpr std::size_t as_size(std::int64_t n) noexcept {
  return static_cast<std::size_t>(n);
}

}  // namespace saccade::core
