#pragma once

#include <memory>
#include <string>

#include "kernels/table/kernel_table.hpp"
#include "saccade/engine.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::scheduler {

class Arena;

/// The parts of an engine that computing needs: kernels, threads and scratch memory. Functions of the library
/// take this instead of the engine, so that a task can run an operation single-threaded, in a context of one
/// thread.
struct ExecutionContext {
  ExecutionContext();
  ~ExecutionContext();

  const kernels::KernelTable* kernels = nullptr;
  int threads = 1;
  /// Multiply-adds for which a call uses one more thread: about what a thread computes in the time that
  /// waking another takes.
  double thread_work = 1 << 19;
  std::unique_ptr<Arena> arena;
  ScratchPool scratch;
};

[[nodiscard]] ExecutionContext& context_of(const Engine& engine) noexcept;

}  // namespace saccade::scheduler
