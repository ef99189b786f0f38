#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

#include "scheduler/execution_context.hpp"

namespace saccade::scheduler {

/// The body of a parallel loop: a borrowed callable body(task, slot). It must not throw or allocate, and may
/// wait only for work that another task has begun and finishes without waiting.
struct TaskBody {
  const void* object;
  void (*call)(const void* object, std::size_t task, int slot) noexcept;
};

/// Runs tasks 0 to count - 1 on the engine's threads; returns when all are done. Tasks are assigned to the
/// threads round-robin; a thread runs its own in order, and then those that other threads have not begun. So
/// where all threads take part, a thread has the same tasks, and their data in its cache, from loop to loop.
/// `slot` is below state.threads and `threads`, and no two threads of a loop have the same slot at the same
/// time. Tasks run in the default floating-point environment (round to nearest, subnormals kept), whatever
/// the host's threads have set. At most `threads` threads take part, since waking one takes longer than a
/// short loop.
void run_tasks(ExecutionContext& state, std::size_t count, TaskBody body,
               int threads = std::numeric_limits<int>::max()) noexcept;

/// A body that is declared noexcept: an exception inside a task could not be caught.
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
