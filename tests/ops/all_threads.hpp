#pragma once

#include "ops/attention/attention.hpp"
#include "saccade/engine.hpp"

namespace saccade::test {

/// An engine that runs even the smallest attention on all its threads. By default small problems, as most
/// tests have them, run on one.
inline Engine engine_of_all_threads(const EngineOptions& options) {
  Engine engine(options);
  scheduler::context_of(engine).thread_work = 1;
  return engine;
}

}  // namespace saccade::test
