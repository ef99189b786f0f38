#pragma once

#include <memory>
#include <optional>

#include "layers/packed_encoder.hpp"
#include "layers/packed_sentence.hpp"
#include "model/config/sentence_config.hpp"
#include "saccade/encoder.hpp"
#include "saccade/error.hpp"

namespace saccade {

/// What Encoder::load reads from a model's directory.
struct [[gnu::visibility("hidden")]] Encoder::State {
  std::unique_ptr<const layers::PackedEncoder> encoder;
  layers::PackedSentence sentence;
  model::SentenceConfig config;  ///< prompts and lengths
  std::optional<Tokenizer> tokenizer;
  std::optional<Error> tokenizer_error;  ///< why there is none

  /// Throws Error{invalid_argument} for tokens that cannot be encoded.
  void validate(const TokenIds& tokens) const;
};

}  // namespace saccade
