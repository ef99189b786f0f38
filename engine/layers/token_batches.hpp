#pragma once

#include <cstddef>
#include <cstdint>

#include "saccade/views.hpp"

namespace saccade::layers {

/// The token budget of a batch where a call names none: some groups of an encoder's pass, and 12 MiB of
/// hidden states at width 384.
inline constexpr std::int64_t default_token_budget = 8192;

/// The end of the batch that begins with sequence `first`: as many whole sequences as the token budget
/// admits, at least one. `offsets` [sequences + 1], first < sequences.
[[nodiscard]] inline std::size_t batch_end(Offsets offsets, std::size_t first,
                                           std::int64_t token_budget) noexcept {
  std::size_t end = first + 1;
  while (end + 1 < offsets.size() && offsets[end + 1] - offsets[first] <= token_budget) ++end;
  return end;
}

}  // namespace saccade::layers
