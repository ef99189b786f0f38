// The layer's weights, inputs and check for engines that are not driven from C++: loaded by torch_layer.py.
// A process asks about one set.

#include "layer_peer.hpp"

using namespace saccade::bench;

namespace {

const LayerProblem& problem_of(const char* set) {
  static const LayerProblem problem(layer_width, layer_heads, batch_offsets(set));
  return problem;
}

}  // namespace

/// What offsets has to have room for.
extern "C" std::int64_t offsets_of(const char* set, std::int64_t* offsets) {
  const LayerProblem& problem = problem_of(set);
  if (offsets != nullptr) std::copy(problem.offsets.begin(), problem.offsets.end(), offsets);
  return problem.sequences() + 1;
}

/// qkv [3][width][width] and output [width][width], a row for an output; x [tokens][width].
extern "C" void make_inputs(const char* set, float* qkv, float* output, float* x) {
  const LayerProblem& problem = problem_of(set);
  for (const auto* map : {&problem.weights.query, &problem.weights.key, &problem.weights.value})
    qkv = std::copy(map->begin(), map->end(), qkv);
  std::copy(problem.weights.output.begin(), problem.weights.output.end(), output);
  std::copy(problem.x.begin(), problem.x.end(), x);
}

extern "C" double flops_of(const char* set) {
  return problem_of(set).flops();
}

/// LayerReference::max_abs_error() of z [tokens][width].
extern "C" double error_of(const char* set, const float* z) {
  static const LayerReference reference(problem_of(set));
  return reference.max_abs_error(z);
}
