#pragma once

#include <algorithm>
#include <cstdint>

#include "saccade/views.hpp"
#include "scheduler/row_blocks.hpp"

namespace saccade::ops {

/// Tokens of a task of operations on single tokens: enough that finding their sequence costs little.
inline constexpr std::int64_t task_tokens = 64;

/// Runs body(token, position, count) for runs of tokens of one sequence, `position` that of the first in its
/// sequence, on the engine's threads. Tokens are counted from offsets.front() on.
template <class Body>
void run_token_blocks(scheduler::ExecutionContext& state, Offsets offsets, const Body& body) noexcept {
  const std::int64_t origin = offsets.front(), tokens = offsets.back() - origin;
  scheduler::run_row_blocks(state, tokens, task_tokens, [&](std::int64_t first, std::int64_t count) noexcept {
    static_assert(std::is_nothrow_invocable_v<const Body&, std::int64_t, std::int64_t, std::int64_t>);
    std::int64_t token = origin + first;
    const std::int64_t end = token + count;
    auto next = std::upper_bound(offsets.begin(), offsets.end(), token);  // where the token's sequence ends
    while (token < end) {
      const std::int64_t stop = std::min(end, *next);
      if (stop > token) body(token - origin, token - *(next - 1), stop - token);
      token = stop;
      ++next;
    }
  });
}

}  // namespace saccade::ops
