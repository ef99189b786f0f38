#include "model/pack/pack_sentence.hpp"

#include <array>

#include "model/files/dense_weights.hpp"

namespace saccade::model {
namespace {

layers::PackedStep pack_step(scheduler::ExecutionContext& state, const SentenceStep& step) {
  const Dense* const dense = std::get_if<Dense>(&step);
  if (dense == nullptr) return {};
  const DenseWeights weights = read_dense_weights(*dense);
  return {ops::pack_weights(state, std::array{weights.linear}), dense->out, dense->activation};
}

}  // namespace

layers::PackedSentence pack_sentence(scheduler::ExecutionContext& state, const SentenceConfig& config,
                                     std::int64_t token_width) {
  static_cast<void>(embedding_width(config, token_width));
  layers::PackedSentence packed = {.pooling = config.pooling, .steps = {}};
  for (const SentenceStep& step : config.steps) packed.steps.push_back(pack_step(state, step));
  // A norm at the end is applied to the values that truncation leaves.
  while (!packed.steps.empty() && packed.steps.back().is_norm()) {
    packed.steps.pop_back();
    packed.normalizes = true;
  }
  return packed;
}

}  // namespace saccade::model
