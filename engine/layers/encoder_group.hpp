#pragma once

#include <cstddef>
#include <cstdint>

#include "layers/packed_encoder.hpp"
#include "layers/sequence_groups.hpp"
#include "ops/attention/attention.hpp"
#include "ops/linear.hpp"
#include "saccade/attention.hpp"
#include "saccade/encoder.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {

/// The forward pass of a group of sequences through all layers of an encoder, on the threads of `state`.
/// Writes the last layer's output to hidden [tokens of the group][hidden_size].
class EncoderGroup {
 public:
  /// Operands validated.
  EncoderGroup(scheduler::ExecutionContext& state, const PackedEncoder& encoder, const TokenIds& batch,
               Sequences sequences, MatrixView hidden, const EncodeOptions& options);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run(std::byte* workspace) const;

 private:
  struct Buffers {
    float* embedded;  ///< [tokens][embedding_size], where embeddings are projected
    float* normed;    ///< [tokens][hidden_size], where norms come first
    float* qkv;       ///< [tokens][qkv_columns]
    float* context;   ///< [tokens][query_size]
    float* inner;     ///< [tokens][intermediate_columns], shares the memory of qkv and context
    float* factor;    ///< the same, where the feed-forward is gated: the outputs of up
    std::byte* op;    ///< workspace of the op that runs
  };

  [[nodiscard]] Offsets offsets() const noexcept {
    return batch_.offsets.subspan(sequences_.first, sequences_.last - sequences_.first + 1);
  }
  void lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept;
  void embed(const Buffers& buffers) const;
  void run_block(std::size_t layer, const Buffers& buffers) const;
  void run_attention(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const;
  void trace(const LayerTrace& copies, const Buffers& buffers, ConstMatrixView x) const;
  void run_feed_forward(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const;
  [[nodiscard]] HeadsView queries(const Buffers& buffers) const noexcept;
  /// Keys at column 0, or values, among those that follow the queries in a row of qkv.
  [[nodiscard]] HeadsView keys(const Buffers& buffers, std::int64_t column) const noexcept;
  [[nodiscard]] ops::AttentionProblem attention(std::size_t layer, const Buffers& buffers) const noexcept;
  void normalize(const PackedNorm& norm, ConstMatrixView x, MatrixView out) const;

  scheduler::ExecutionContext& state_;
  const PackedEncoder& encoder_;
  const TokenIds& batch_;
  Sequences sequences_;
  std::int64_t tokens_;
  MatrixView hidden_;
  const EncodeOptions& options_;
};

}  // namespace saccade::layers
