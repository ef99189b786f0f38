#pragma once

#include "saccade/pooling.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// out [sequences][width]: the vectors of each sequence's tokens, x [tokens][width], as one; +0 for a
/// sequence without a token. Throws Error{invalid_argument} where shapes do not fit together.
void pool(Engine::State& state, ConstMatrixView x, Offsets offsets, Pooling pooling, MatrixView out);

}  // namespace saccade::ops
