#pragma once

#include <span>

#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// The parameters of a layer norm.
struct LayerNormWeights {
  std::span<const float> gamma;      ///< [width]
  std::span<const float> beta = {};  ///< [width]; empty: +0
  float epsilon = 1e-12f;
};

/// out = gamma (x - mean) / sqrt(variance + epsilon) + beta for each row; out may be x, and must not overlap
/// it otherwise. Shapes fit together.
void layer_norm(scheduler::ExecutionContext& state, ConstMatrixView x, const LayerNormWeights& weights,
                MatrixView out) noexcept;

/// out = x / max(|x|, 1e-12) for each row, |x| the Euclidean norm; as above.
void normalize(scheduler::ExecutionContext& state, ConstMatrixView x, MatrixView out) noexcept;

}  // namespace saccade::ops
