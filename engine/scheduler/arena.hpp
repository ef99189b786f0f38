#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>

namespace saccade::scheduler {

/// The task arena of an engine: its own, or the host's.
class Arena {
 public:
  explicit Arena(int threads)
      : own_(std::make_unique<tbb::task_arena>(std::min(threads, most_threads()))), arena_(own_.get()) {}
  explicit Arena(tbb::task_arena& borrowed) : arena_(&borrowed) {}

  [[nodiscard]] tbb::task_arena& get() noexcept { return *arena_; }

 private:
  /// The most threads that oneTBB has: as many as CPUs, unless the host has set another limit. An arena of
  /// more would make it print a warning.
  static int most_threads() {
    return static_cast<int>(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
  }

  std::unique_ptr<tbb::task_arena> own_;
  tbb::task_arena* arena_;
};

}  // namespace saccade::scheduler
