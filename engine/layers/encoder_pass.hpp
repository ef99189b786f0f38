#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layers/packed_encoder.hpp"
#include "ops/attention.hpp"
#include "saccade/attention.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {

/// For each layer the probabilities wanted of it, ascending by sequence; empty: none of any.
using LayerProbabilities = std::span<const std::span<const ProbabilitiesRequest>>;

/// One pass of token ids through an encoder's blocks, operands validated. Sequences go through all blocks in
/// groups, so that what lies between two blocks stays near the cores and the workspace does not grow with the
/// batch.
class EncoderPass {
 public:
  /// `hidden` [tokens][width] gets the last block's output.
  EncoderPass(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch, MatrixView hidden,
              LayerProbabilities probabilities = {});

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run(std::byte* workspace) const;

 private:
  /// Sequences first to last - 1.
  struct Group {
    std::size_t first, last;
  };
  struct Buffers {
    float* embedded;  ///< [tokens][embedding_width], where it is not the width
    float* normed;    ///< [tokens][width], where norms come first
    float* qkv;       ///< [tokens][3 part]
    float* context;   ///< [tokens][heads * head_dim]
    float* up;        ///< [tokens][up_part], shares the memory of qkv and context
    float* gate;      ///< [tokens][up_part], where the feed-forward is gated
    std::byte* op;    ///< workspace of the op that runs
  };

  [[nodiscard]] std::size_t sequences() const noexcept { return batch_.offsets.size() - 1; }
  [[nodiscard]] std::int64_t tokens(const Group& group) const noexcept {
    return batch_.offsets[group.last] - batch_.offsets[group.first];
  }
  [[nodiscard]] Group group_from(std::size_t first) const noexcept;
  void lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept;
  void embed(const Group& group, const Buffers& buffers, MatrixView hidden) const;
  void run_block(const Group& group, std::size_t layer, const Buffers& buffers, MatrixView hidden) const;
  void attend(const Group& group, std::size_t layer, const Buffers& buffers, ConstMatrixView x,
              MatrixView hidden) const;
  void feed_forward(const PackedBlock& block, const Buffers& buffers, ConstMatrixView x,
                    MatrixView hidden) const;
  [[nodiscard]] ops::AttentionProblem attention(const Group& group, std::size_t layer,
                                                const Buffers& buffers) const noexcept;
  void normalize(const PackedNorm& norm, ConstMatrixView x, MatrixView out) const;

  Engine::State& state_;
  const PackedEncoder& encoder_;
  TokenIds batch_;
  MatrixView hidden_;
  LayerProbabilities probabilities_;
};

}  // namespace saccade::layers
