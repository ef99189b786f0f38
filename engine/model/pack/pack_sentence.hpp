#pragma once

#include <cstdint>

#include "layers/packed_sentence.hpp"
#include "model/config/sentence_config.hpp"

namespace saccade::model {

/// Reads and packs the pooling and the steps after an encoder whose token vectors have `token_width` values.
/// Throws Error as embedding_width() and read_dense_weights() do.
[[nodiscard]] layers::PackedSentence pack_sentence(scheduler::ExecutionContext& state,
                                                   const SentenceConfig& config, std::int64_t token_width);

}  // namespace saccade::model
