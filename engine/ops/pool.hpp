#pragma once

#include "saccade/pooling.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// out [sequences][width]: the vectors of each sequence's tokens, x [tokens][width], as one; +0 for a
/// sequence without a token. The first `left_out` tokens of each sequence do not count, but for
/// Pooling::first. Throws Error{invalid_argument} where shapes do not fit together.
void pool(Engine::State& state, ConstMatrixView x, Offsets offsets, Pooling pooling, MatrixView out,
          std::int64_t left_out = 0);

}  // namespace saccade::ops
