#pragma once

// The only public header that needs oneTBB's headers, and the only one that saccade.hpp leaves out: include
// it to run saccade in a task arena of your own.

#include <oneapi/tbb/task_arena.h>

#include "saccade/engine.hpp"
#include "saccade/export.hpp"

namespace saccade {

/// An engine that runs in `arena`, with its concurrency, instead of in an arena of its own; a call that makes
/// a single task runs it on the calling thread. The arena must outlive the engine and keep its concurrency.
/// `options.threads` must be 0: the arena has the number of threads. Throws Error as Engine's constructor.
SACCADE_API [[nodiscard]] Engine engine_in_arena(oneapi::tbb::task_arena& arena,
                                                 const EngineOptions& options = {});

}  // namespace saccade
