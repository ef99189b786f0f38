#pragma once

#include "saccade/pooling.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// out [sequences][width]: one vector of each sequence's token vectors, x [tokens][width]; +0 for a sequence
/// without tokens. The first `skipped` tokens of each sequence are left out of the pooling, except for
/// Pooling::first. Throws Error{invalid_argument} where shapes do not fit together.
void pool(Engine::State& state, ConstMatrixView x, Offsets offsets, Pooling pooling, MatrixView out,
          std::int64_t skipped = 0);

}  // namespace saccade::ops
