#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "scheduler/parallel.hpp"

namespace saccade::scheduler {

/// Runs body(first, count) for blocks of at most `block` rows on the engine's threads.
template <class Body>
void run_row_blocks(ExecutionContext& state, std::int64_t rows, std::int64_t block,
                    const Body& body) noexcept {
  const auto run = [&](std::size_t task, int) noexcept {
    static_assert(std::is_nothrow_invocable_v<const Body&, std::int64_t, std::int64_t>);
    const std::int64_t first = static_cast<std::int64_t>(task) * block;
    body(first, std::min(block, rows - first));
  };
  run_tasks(state, static_cast<std::size_t>((rows + block - 1) / block), run);
}

}  // namespace saccade::scheduler
