#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "scheduler/parallel.hpp"

namespace saccade::scheduler {

/// Runs body(first, count) for blocks of at most `block` rows on the engine's threads.
template <class Body>
void run_row_blocks(Engine::State& state, std::int64_t rows, std::int64_t block, const Body& body) {
  const auto run = [&](std::size_t task, int) {
    const std::int64_t first = static_cast<std::int64_t>(task) * block;
    body(first, std::min(block, rows - first));
  };
  run_tasks(state, static_cast<std::size_t>((rows + block - 1) / block), run);
}

}  // namespace saccade::scheduler
