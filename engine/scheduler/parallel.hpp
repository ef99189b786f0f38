#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

#include "scheduler/execution_context.hpp"

namespace saccade::scheduler {

/// What a parallel loop runs: a borrowed callable body(task, slot). It must not throw or allocate, and
/// wait only for what other tasks have begun and finish without waiting.
struct TaskBody {
  const void* object;
  void (*call)(const void* object, std::size_t task, int slot) noexcept;
};

/// Runs tasks 0 to count - 1 on the engine's threads; returns when all are done. They are assigned to
/// the threads round-robin; each runs its own in order, and then what others have not begun. So where all
/// threads take part, one has the same tasks, and their data in its cache, from loop to loop. `slot` is below
/// state.threads and `threads`, and at any moment held by one thread of this loop. Tasks run in the default
/// floating-point environment (round to nearest, subnormals kept) whatever the host's threads have set. At
/// most `threads` threads work on it, since calling one takes longer than a short loop.
void run_tasks(ExecutionContext& state, std::size_t count, TaskBody body,
               int threads = std::numeric_limits<int>::max()) noexcept;

/// A body that the compiler knows not to throw: an error inside a task could reach nobody.
template <class Body>
concept NoexceptTask = std::is_nothrow_invocable_v<const Body&, std::size_t, int>;

template <NoexceptTask Body>
void run_tasks(ExecutionContext& state, std::size_t count, const Body& body,
               int threads = std::numeric_limits<int>::max()) noexcept {
  const TaskBody borrowed = {&body, [](const void* object, std::size_t task, int slot) noexcept {
                               (*static_cast<const Body*>(object))(task, slot);
                             }};
  run_tasks(state, count, borrowed, threads);
}

}  // namespace saccade::scheduler
