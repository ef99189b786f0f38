#pragma once

#include <cstdint>
#include <vector>

#include "kernels/table/kernel_table.hpp"
#include "ops/packed_weights.hpp"
#include "saccade/pooling.hpp"

namespace saccade::layers {

/// A step from the vector of a text to the next: activation(W x + b), or x divided by its Euclidean norm.
struct PackedStep {
  ops::PackedWeights weights;  ///< in == 0: the norm
  std::int64_t out = 0;
  kernels::Activation activation = kernels::Activation::none;

  [[nodiscard]] bool is_norm() const noexcept { return weights.in == 0; }
};

/// How the vectors of a text's tokens become one vector.
struct PackedSentence {
  std::vector<Pooling> pooling;  ///< several: their results are concatenated
  std::vector<PackedStep> steps;
  bool normalizes = false;  ///< after the steps and the truncation
};

}  // namespace saccade::layers
