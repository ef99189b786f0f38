#pragma once

#include <memory>
#include <string>

#include "kernels/table/kernel_table.hpp"
#include "saccade/engine.hpp"
#include "scheduler/scratch.hpp"

namespace saccade {

namespace scheduler {
class Arena;
}

/// What an Engine is made of.
struct Engine::State {
  State();
  ~State();

  const kernels::KernelTable* kernels = nullptr;
  std::string isa_reason;
  int threads = 1;
  std::string threads_reason;
  std::unique_ptr<scheduler::Arena> arena;
  scheduler::ScratchPool scratch;
};

}  // namespace saccade
