#pragma once

#include <cstddef>
#include <cstdint>

#include "layers/encoder_group.hpp"
#include "layers/packed_encoder.hpp"
#include "layers/sequence_groups.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::layers {

/// One forward pass of token ids through an encoder's layers, in groups of sequences; operands are validated.
class EncoderPass {
 public:
  /// Writes the last layer's output to `hidden` [tokens][hidden_size].
  EncoderPass(scheduler::ExecutionContext& state, const PackedEncoder& encoder, const TokenIds& batch,
              MatrixView hidden, const EncodeOptions& options = {});

  [[nodiscard]] std::size_t workspace();
  void run(std::byte* workspace);

 private:
  [[nodiscard]] EncoderGroup pass(const Sequences& group) const noexcept;
  /// The largest workspace of a group on one thread, and of a group on all.
  struct GroupBytes {
    std::size_t single_threaded, shared;
  };
  [[nodiscard]] GroupBytes group_bytes() const noexcept;

  scheduler::ExecutionContext& state_;
  const PackedEncoder& encoder_;
  TokenIds batch_;
  MatrixView hidden_;
  EncodeOptions options_;
  SequenceGroups groups_;
};

}  // namespace saccade::layers
