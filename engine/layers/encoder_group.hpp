#pragma once

#include <cstddef>
#include <cstdint>

#include "layers/packed_encoder.hpp"
#include "layers/sequence_groups.hpp"
#include "ops/attention/attention.hpp"
#include "saccade/attention.hpp"
#include "saccade/encoder.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {

/// A few sequences of a batch through all blocks of an encoder, on the threads of `state`. hidden [tokens of
/// the group][width] gets the last block's output.
class EncoderGroup {
 public:
  /// Operands validated.
  EncoderGroup(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch, Sequences sequences,
               MatrixView hidden, const EncodeOptions& wanted);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run(std::byte* workspace) const;

 private:
  struct Buffers {
    float* embedded;  ///< [tokens][embedding_width], where it is not the width
    float* normed;    ///< [tokens][width], where norms come first
    float* qkv;       ///< [tokens][3 part]
    float* context;   ///< [tokens][heads * head_dim]
    float* up;        ///< [tokens][up_part], shares the memory of qkv and context
    float* gate;      ///< [tokens][up_part], where the feed-forward is gated
    std::byte* op;    ///< workspace of the op that runs
  };

  [[nodiscard]] Offsets offsets() const noexcept {
    return batch_.offsets.subspan(sequences_.first, sequences_.last - sequences_.first + 1);
  }
  void lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept;
  void embed(const Buffers& buffers) const;
  void run_block(std::size_t layer, const Buffers& buffers) const;
  void attend(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const;
  void trace(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const;
  void feed_forward(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const;
  [[nodiscard]] ops::AttentionProblem attention(std::size_t layer, const Buffers& buffers) const noexcept;
  void normalize(const PackedNorm& norm, ConstMatrixView x, MatrixView out) const;

  Engine::State& state_;
  const PackedEncoder& encoder_;
  const TokenIds& batch_;
  Sequences sequences_;
  std::int64_t tokens_;
  MatrixView hidden_;
  const EncodeOptions& wanted_;
};

}  // namespace saccade::layers
