#pragma once

#include <cstddef>
#include <cstdint>

#include "layers/encoder_group.hpp"
#include "layers/packed_encoder.hpp"
#include "layers/sequence_groups.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::layers {

/// One pass of token ids through an encoder's blocks, in groups of sequences, operands validated.
class EncoderPass {
 public:
  /// `hidden` [tokens][width] gets the last block's output.
  EncoderPass(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch, MatrixView hidden,
              const EncodeOptions& wanted = {});

  [[nodiscard]] std::size_t workspace();
  void run(std::byte* workspace);

 private:
  [[nodiscard]] EncoderGroup pass(const Sequences& group) const noexcept;
  /// The largest workspace of a group on one thread, and on all.
  struct GroupBytes {
    std::size_t alone, shared;
  };
  [[nodiscard]] GroupBytes group_bytes() const noexcept;

  Engine::State& state_;
  const PackedEncoder& encoder_;
  TokenIds batch_;
  MatrixView hidden_;
  EncodeOptions wanted_;
  SequenceGroups groups_;
};

}  // namespace saccade::layers
