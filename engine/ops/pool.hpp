#pragma once

#include "saccade/pooling.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// out [sequences][width]: one vector of each sequence's token vectors, x [tokens][width]; +0 for a sequence
/// without tokens. The first `skipped` tokens of each sequence are left out of the pooling, except for
/// Pooling::first. Shapes fit together.
void pool(scheduler::ExecutionContext& state, ConstMatrixView x, Offsets offsets, Pooling pooling,
          MatrixView out, std::int64_t skipped = 0) noexcept;

}  // namespace saccade::ops
