#include "scheduler/parallel.hpp"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "scheduler/arena.hpp"

namespace saccade::scheduler {
namespace {

/// Whether this thread rounds to nearest, keeps subnormals and masks exceptions; false where that is not
/// known.
bool usual_environment() noexcept {
#if defined(__x86_64__)
  constexpr unsigned raised = 0x3f;  // flags, not settings
  std::uint16_t x87 = 0;
  asm("fnstcw %0" : "=m"(x87));
  return (_mm_getcsr() & ~raised) == 0x1f80 && x87 == 0x37f;
#else
  return false;
#endif
}

/// Nothing where the environment is the usual one: the standard's functions take longer on x86-64 than all
/// else around a small call.
class DefaultFloatingPoint {
 public:
  DefaultFloatingPoint() noexcept {
    if (usual_) return;
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
  }
  DefaultFloatingPoint(const DefaultFloatingPoint&) = delete;
  DefaultFloatingPoint& operator=(const DefaultFloatingPoint&) = delete;
  ~DefaultFloatingPoint() {
    if (!usual_) std::fesetenv(&saved_);
  }

 private:
  const bool usual_ = usual_environment();
  std::fenv_t saved_;
};

/// A loop's tasks in hands, one a worker. A worker whose own is empty goes on with the others'.
class DealtTasks {
 public:
  DealtTasks(std::size_t count, int workers) noexcept
      : count_(count), hands_(std::min(static_cast<std::size_t>(workers), most_hands)) {
    for (std::size_t i = 0; i < hands_; ++i) hand_[i].next.store(i, std::memory_order_relaxed);
  }

  template <class Run>
  void work(std::size_t worker, const Run& run) noexcept {
    for (std::size_t i = 0; i < hands_; ++i) {
      std::atomic<std::size_t>& next = hand_[(worker + i) % hands_].next;
      for (std::size_t task; (task = next.fetch_add(hands_)) < count_;) run(task);
    }
  }

 private:
  static constexpr std::size_t most_hands = 64;  // of more workers, some share one
  struct alignas(64) Hand {
    std::atomic<std::size_t> next;
  };
  std::size_t count_, hands_;
  Hand hand_[most_hands];
};

}  // namespace

void run_tasks(Engine::State& state, std::size_t count, TaskBody body, int threads) {
  const bool all = threads >= state.threads;
  const int most = all ? state.threads : threads;
  const int workers = static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(most)));
  if (workers <= 1) {
    const DefaultFloatingPoint environment;
    for (std::size_t task = 0; task < count; ++task) body.call(body.object, task, 0);
    return;
  }
  DealtTasks tasks(count, workers);
  const auto work = [&](int slot) noexcept {
    const DefaultFloatingPoint environment;
    tasks.work(static_cast<std::size_t>(slot), [&](std::size_t task) { body.call(body.object, task, slot); });
  };
  // One TBB task a worker, each taking one task of ours after the other: TBB allocates little.
  // Isolated, so that a host's thread that waits here does not take up another task of its own, which may
  // call in again.
  // A thread keeps its slot from loop to loop, unless there are fewer slots than threads.
  const auto each = [&](int worker) { work(all ? tbb::this_task_arena::current_thread_index() : worker); };
  state.arena->get().execute([&] {
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(0, workers, each, tbb::simple_partitioner()); });
  });
}

}  // namespace saccade::scheduler
