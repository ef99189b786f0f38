#pragma once

#include <cstddef>

#include "scheduler/engine_state.hpp"

namespace saccade::scheduler {

/// What a parallel loop runs: a borrowed callable body(task, slot). It must not throw or allocate, and
/// wait only for what tasks that began before it do.
struct TaskBody {
  const void* object;
  void (*call)(const void* object, std::size_t task, int slot) noexcept;
};

/// Runs tasks 0 to count - 1, begun in that order, on the engine's threads; returns when all are done. `slot`
/// is below state.threads and at any moment held by one thread of this loop. Tasks run in the default
/// floating-point environment (round to nearest, subnormals kept) whatever the host's threads have set.
void run_tasks(Engine::State& state, std::size_t count, TaskBody body);

template <class Body>
void run_tasks(Engine::State& state, std::size_t count, const Body& body) {
  run_tasks(state, count, TaskBody{&body, [](const void* object, std::size_t task, int slot) noexcept {
                                     (*static_cast<const Body*>(object))(task, slot);
                                   }});
}

}  // namespace saccade::scheduler
