#pragma once

#include <cstddef>
#include <cstdint>

#include "layers/encoder_group.hpp"
#include "layers/packed_encoder.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::layers {

/// One pass of token ids through an encoder's blocks, operands validated. Sequences go through all blocks in
/// groups. Where there are enough of them, a group is one thread's from the first block to the last: what
/// lies between two products stays in that core's cache, and no thread waits for another. Sequences too long
/// for that go in larger groups, one after the other, each on all threads. The workspace does not grow with
/// the batch.
class EncoderPass {
 public:
  /// `hidden` [tokens][width] gets the last block's output.
  EncoderPass(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch, MatrixView hidden,
              const EncodeOptions& wanted = {});

  [[nodiscard]] std::size_t workspace();
  void run(std::byte* workspace);

 private:
  using Group = EncoderGroup::Sequences;

  [[nodiscard]] std::size_t sequences() const noexcept { return batch_.offsets.size() - 1; }
  [[nodiscard]] std::int64_t tokens(const Group& group) const noexcept {
    return batch_.offsets[group.last] - batch_.offsets[group.first];
  }
  /// The sequence is one thread's.
  [[nodiscard]] bool alone(std::size_t sequence) const noexcept {
    return tokens({sequence, sequence + 1}) <= most_alone_;
  }
  [[nodiscard]] Group group_from(std::size_t first) const noexcept;
  [[nodiscard]] EncoderGroup pass(const Group& group) noexcept;
  /// The largest workspace of a group on one thread, and on all.
  struct GroupBytes {
    std::size_t alone, shared;
  };
  [[nodiscard]] GroupBytes group_bytes() noexcept;
  void run_alone(std::byte* workspace, std::size_t bytes);

  Engine::State& state_;
  Engine::State one_thread_;
  const PackedEncoder& encoder_;
  TokenIds batch_;
  MatrixView hidden_;
  EncodeOptions wanted_;
  std::int64_t most_alone_;
};

}  // namespace saccade::layers
