#include "model/files/dense_weights.hpp"

namespace saccade::model {

DenseWeights read_dense_weights(const Dense& dense) {
  DenseWeights weights{WeightFiles(dense.directory), {}};
  weights.linear.weight = weights.files.at("linear.weight", {dense.out, dense.in});
  if (dense.bias) weights.linear.bias = weights.files.at("linear.bias", {dense.out});
  return weights;
}

}  // namespace saccade::model
