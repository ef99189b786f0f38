#pragma once

// Opt-in: the only public header that needs oneTBB's headers. Include it to run saccade in an arena of yours.

#include <oneapi/tbb/task_arena.h>

#include "saccade/engine.hpp"
#include "saccade/export.hpp"

namespace saccade {

/// An engine that works in `arena`, with its concurrency, instead of an arena of its own; what is a single
/// task runs where the call is made. The arena must outlive the engine and keep its concurrency.
/// `options.threads` must be 0: the arena decides. Errors as Engine's constructor.
SACCADE_API [[nodiscard]] Engine engine_in_arena(oneapi::tbb::task_arena& arena,
                                                 const EngineOptions& options = {});

}  // namespace saccade
