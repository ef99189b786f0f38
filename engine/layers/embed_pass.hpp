#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layers/packed_encoder.hpp"
#include "layers/packed_sentence.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {

/// How the tokens of a text become one vector: the model's rules, or a call's in place of them.
struct EmbedRules {
  std::span<const Pooling> pooling;
  std::int64_t skipped = 0;  ///< first tokens of each sequence that are not pooled
  bool normalizes = false;
  std::int64_t token_budget = 0;  ///< most tokens of a batch, unless one sequence has more
};

/// Token ids to a vector for each sequence; operands are validated. Computes batches of whole sequences one
/// after the other, so that the workspace does not grow with their number.
class EmbedPass {
 public:
  /// `embeddings` [sequences][columns], at most the last step's outputs: the first values of each vector.
  EmbedPass(scheduler::ExecutionContext& state, const PackedEncoder& encoder, const PackedSentence& sentence,
            const TokenIds& tokens, MatrixView embeddings, const EmbedRules& rules);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run(std::byte* workspace) const;

 private:
  /// Sequences first to last - 1.
  struct Batch {
    std::size_t first, last;
  };
  struct Buffers {
    std::int64_t* offsets;  ///< of a batch, beginning at 0
    float* hidden;          ///< [tokens][hidden_size]
    float* vectors;         ///< [sequences][widest]: the input of the next step
    float* next;            ///< the same: its output
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

  scheduler::ExecutionContext& state_;
  const PackedEncoder& encoder_;
  const PackedSentence& sentence_;
  TokenIds tokens_;
  MatrixView embeddings_;
  EmbedRules rules_;
};

}  // namespace saccade::layers
