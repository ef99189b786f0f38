#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layers/packed_encoder.hpp"
#include "layers/packed_sentence.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {

/// What a call may want otherwise than the model has it.
struct EmbedRules {
  std::span<const Pooling> pooling;
  std::int64_t left_out = 0;  ///< tokens at a sequence's beginning that are not pooled
  bool normalizes = false;
  std::int64_t token_budget = 0;  ///< of a batch, unless a sequence alone has more
};

/// Token ids to a vector for each sequence, operands validated. Goes by batches of whole sequences, so that
/// the workspace does not grow with their number.
class EmbedPass {
 public:
  /// `embeddings` [sequences][at most what the last step gives]: the first values of each vector.
  EmbedPass(Engine::State& state, const PackedEncoder& encoder, const PackedSentence& sentence,
            const TokenIds& tokens, MatrixView embeddings, const EmbedRules& rules);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run(std::byte* workspace) const;

 private:
  /// Sequences first to last - 1.
  struct Batch {
    std::size_t first, last;
  };
  struct Buffers {
    std::int64_t* offsets;  ///< of a batch, from 0
    float* hidden;          ///< [tokens][width]
    float* vectors;         ///< [sequences][widest]: what a step takes, or the pooling gives
    float* next;            ///< the same: what a step gives
    std::byte* op;          ///< workspace of the encoder or of a step
  };

  [[nodiscard]] std::int64_t tokens(const Batch& batch) const noexcept {
    return tokens_.offsets[batch.last] - tokens_.offsets[batch.first];
  }
  [[nodiscard]] std::size_t sequences() const noexcept { return tokens_.offsets.size() - 1; }
  [[nodiscard]] Batch batch_from(std::size_t first) const noexcept;
  [[nodiscard]] std::int64_t widest() const noexcept;
  void lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept;
  void run_batch(const Batch& batch, Buffers buffers) const;
  [[nodiscard]] TokenIds encode(const Batch& batch, const Buffers& buffers, MatrixView hidden) const;
  [[nodiscard]] MatrixView pool(ConstMatrixView hidden, Offsets offsets, const Buffers& buffers) const;
  [[nodiscard]] MatrixView step(const PackedStep& step, MatrixView x, Buffers& buffers) const;
  void finish(ConstMatrixView x, MatrixView out) const;

  Engine::State& state_;
  const PackedEncoder& encoder_;
  const PackedSentence& sentence_;
  TokenIds tokens_;
  MatrixView embeddings_;
  EmbedRules rules_;
};

}  // namespace saccade::layers
