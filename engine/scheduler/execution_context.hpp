#pragma once

#include <memory>
#include <string>

#include "kernels/table/kernel_table.hpp"
#include "saccade/engine.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::scheduler {

class Arena;

/// What computing needs of an engine: kernels, threads and scratch memory. Functions of the library take
/// this, so that a task can run an operation on its own thread alone, with a context of one thread.
struct ExecutionContext {
  ExecutionContext();
  ~ExecutionContext();

  const kernels::KernelTable* kernels = nullptr;
  int threads = 1;
  std::unique_ptr<Arena> arena;
  ScratchPool scratch;
};

[[nodiscard]] ExecutionContext& context_of(const Engine& engine) noexcept;

}  // namespace saccade::scheduler
