#pragma once

#include <memory>

#include "layers/packed_encoder.hpp"
#include "model/config/encoder_config.hpp"
#include "model/files/encoder_weights.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::model {

/// Packs an encoder's weights; nothing is borrowed afterwards.
[[nodiscard]] std::unique_ptr<layers::PackedEncoder> pack_encoder(scheduler::ExecutionContext& state,
                                                                  const EncoderConfig& config,
                                                                  const EncoderWeights& weights);

}  // namespace saccade::model
