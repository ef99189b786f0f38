#pragma once

#include "model/config/sentence_config.hpp"
#include "model/files/weight_files.hpp"
#include "ops/linear.hpp"

namespace saccade::model {

/// The weights of a dense step after the pooling.
struct DenseWeights {
  WeightFiles files;
  ops::LinearView linear;  ///< [out][in], valid as long as `files`
};

/// Reads them from the step's directory. Throws Error as WeightFiles does.
[[nodiscard]] DenseWeights read_dense_weights(const Dense& dense);

}  // namespace saccade::model
