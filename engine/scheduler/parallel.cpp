#include "scheduler/parallel.hpp"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/floating_point.hpp"
#include "scheduler/arena.hpp"

namespace saccade::scheduler {
namespace {

/// Round-robin assignment with stealing: worker w runs tasks w, w + n, w + 2 n, ... of n stripes; when its
/// stripe is exhausted it continues with the next workers' stripes.
class StripedTasks {
 public:
  StripedTasks(std::size_t count, int workers) noexcept
      : count_(count), stripes_(std::min(static_cast<std::size_t>(workers), max_stripes)) {
    for (std::size_t i = 0; i < stripes_; ++i) stripe_[i].next.store(i, std::memory_order_relaxed);
  }

  template <class Run>
  void work(std::size_t worker, const Run& run) noexcept {
    for (std::size_t i = 0; i < stripes_; ++i) {
      std::atomic<std::size_t>& next = stripe_[(worker + i) % stripes_].next;
      for (std::size_t task; (task = next.fetch_add(stripes_)) < count_;) run(task);
    }
  }

 private:
  static constexpr std::size_t max_stripes = 64;  // more workers share stripes
  struct alignas(64) Stripe {
    std::atomic<std::size_t> next;
  };
  std::size_t count_, stripes_;
  Stripe stripe_[max_stripes];
};

}  // namespace

void run_tasks(ExecutionContext& state, std::size_t count, TaskBody body, int threads) noexcept {
  const bool all = threads >= state.threads;
  const int most = all ? state.threads : threads;
  const int workers = static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(most)));
  if (workers <= 1) {
    const core::DefaultFloatingPoint environment;
    for (std::size_t task = 0; task < count; ++task) body.call(body.object, task, 0);
    return;
  }
  StripedTasks tasks(count, workers);
  const auto work = [&](int slot) noexcept {
    const core::DefaultFloatingPoint environment;
    tasks.work(static_cast<std::size_t>(slot), [&](std::size_t task) { body.call(body.object, task, slot); });
  };
  // One TBB task for each worker, which runs several tasks of this loop, so that TBB allocates little.
  // Isolated, so that a host's thread that waits here does not run another task of the host, which may call
  // this library again. A thread keeps its slot from loop to loop, unless there are fewer slots than threads.
  const auto each = [&](int worker) { work(all ? tbb::this_task_arena::current_thread_index() : worker); };
  try {
    state.arena->get().execute([&] {
      tbb::this_task_arena::isolate([&] { tbb::parallel_for(0, workers, each, tbb::simple_partitioner()); });
    });
  } catch (...) {
    work(0);  // TBB had no memory for all its tasks: the caller runs those that remain
  }
}

}  // namespace saccade::scheduler
