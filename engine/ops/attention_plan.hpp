#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/as_size.hpp"
#include "kernels/kernel_table.hpp"
#include "saccade/attention.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::ops {

/// Attention as the op works on it: keys and values of a ragged batch, and query rows of each sequence, which
/// are all its tokens or, in the vector form, the tokens at some positions of it.
struct AttentionProblem {
  ConstHeadsView q;
  ConstHeadsView k;
  ConstHeadsView v;
  HeadsView out;
  Offsets offsets;  ///< of keys and values, and of queries where `positions` is empty; from any token on
  std::span<const std::int64_t>
      positions;  ///< sequence s has positions.size() query rows from row s * positions.size() on
  std::optional<float> scale;  ///< unset: 1/sqrt(head_dim)
  Window window;
  std::span<const ProbabilitiesRequest> probabilities;
  std::int64_t first_sequence = 0;  ///< number that the requests have for the first sequence of `offsets`

  [[nodiscard]] std::int64_t sequences() const noexcept {
    return offsets.empty() ? 0 : static_cast<std::int64_t>(offsets.size()) - 1;
  }
  [[nodiscard]] std::int64_t keys(std::int64_t s) const noexcept {
    return offsets[core::as_size(s) + 1] - offsets[core::as_size(s)];
  }
  [[nodiscard]] std::int64_t first_key(std::int64_t s) const noexcept {
    return offsets[core::as_size(s)] - offsets.front();
  }
  [[nodiscard]] std::int64_t rows(std::int64_t s) const noexcept {
    return positions.empty() ? keys(s) : static_cast<std::int64_t>(positions.size());
  }
  [[nodiscard]] std::int64_t first_row(std::int64_t s) const noexcept {
    return positions.empty() ? first_key(s) : s * static_cast<std::int64_t>(positions.size());
  }
};

/// Sequences and heads whose keys are packed together, then worked on.
struct Wave {
  std::int64_t first, last;  ///< sequences, in the plan's order
  std::int64_t first_head, last_head;
};

/// One row block of one head.
struct RowBlock {
  std::int64_t sequence;
  std::int64_t head;
  std::int64_t row;  ///< first one, within the sequence
  std::int64_t rows;
};

/// Splits a problem into row blocks: longest sequences first, a head's blocks one after the other (they share
/// its keys and values), the last rows first (causal ones cost most). Keys are packed once for all row blocks
/// of a head, in waves, so that memory does not grow with the batch; a short sequence packs its
/// keys where it uses them.
class AttentionPlan {
 public:
  AttentionPlan(const AttentionProblem& problem, int threads) noexcept
      : problem_(problem), threads_(threads) {}

  /// Takes the workspace from `carver`, which may only count.
  void lay_out(scheduler::Carver& carver) noexcept;
  /// Fills what lay_out took.
  void prepare() noexcept;

  [[nodiscard]] Wave first_wave() const noexcept { return next_wave({0, 0, 0, problem_.q.heads}); }
  /// The wave after `wave`; one with first == sequences() is past the end.
  [[nodiscard]] Wave next_wave(const Wave& wave) const noexcept;
  [[nodiscard]] bool past_end(const Wave& wave) const noexcept { return wave.first >= problem_.sequences(); }

  /// Key blocks to pack in a wave, and row blocks to run, are numbered from 0.
  [[nodiscard]] std::size_t packs(const Wave& wave) const noexcept;
  [[nodiscard]] std::size_t row_blocks(const Wave& wave) const noexcept;
  void pack(const kernels::KernelTable& kernels, const Wave& wave, std::size_t index) const noexcept;
  void run(const kernels::KernelTable& kernels, const Wave& wave, std::size_t index, int slot) const noexcept;

 private:
  /// What sequences need, in the order they are worked on.
  struct Place {
    std::int64_t sequence;
    std::int64_t blocks_before;  ///< row blocks of one head of the sequences before
    std::int64_t packs_before;   ///< key blocks of one head of the shared sequences before
    std::int64_t values_before;  ///< shared_values of one head of the shared sequences before
  };
  struct PackedKeys {
    float* panels;
    std::uint8_t* finite;
    float* values;  ///< value_stride() apart; null: used where they are
  };
  struct Keys {
    std::int64_t first;  ///< within the sequence
    std::int64_t count;
  };
  /// A numbered piece of work of a wave: number `index` of the `count` that one head of a sequence has.
  struct Unit {
    std::int64_t place;
    std::int64_t head;
    std::int64_t index;
    std::int64_t count;
  };
  struct Slot {
    float* scratch;
    float* panels;
    std::uint8_t* finite;
  };
  struct Extent {
    std::int64_t longest = 0;        ///< keys of the longest sequence
    std::int64_t longest_own = 0;    ///< keys of the longest one that packs where it is used
    std::int64_t shared_values = 0;  ///< of all heads of a wave, at most
    std::int64_t shared_blocks = 0;  ///< key blocks of the same
  };

  /// Packed ahead: what several row blocks use, and what is long enough to be packed by several threads.
  [[nodiscard]] bool shared(std::int64_t sequence) const noexcept {
    return problem_.rows(sequence) > kernels::row_block || problem_.keys(sequence) > kernels::key_block;
  }
  /// Values are copied for sequences that share them, unless a head's lie one after the other as they are.
  [[nodiscard]] bool copies_values() const noexcept { return problem_.v.token_stride != problem_.v.head_dim; }
  [[nodiscard]] std::int64_t value_stride() const noexcept {
    return kernels::round_up(problem_.v.head_dim, kernels::panel_width);
  }
  /// Floats that a head's keys take.
  [[nodiscard]] std::int64_t key_panels(std::int64_t keys) const noexcept {
    return kernels::round_up(keys, kernels::panel_width) * problem_.k.head_dim;
  }
  /// Floats that a head's keys and values take where they are shared.
  [[nodiscard]] std::int64_t shared_values(std::int64_t keys) const noexcept {
    return key_panels(keys) + (copies_values() ? keys * value_stride() : 0);
  }
  [[nodiscard]] Extent extent() const noexcept;
  [[nodiscard]] Unit unit(const Wave& wave, std::size_t index, std::int64_t Place::*before) const noexcept;
  [[nodiscard]] PackedKeys shared_keys(const Wave& wave, std::int64_t place,
                                       std::int64_t head) const noexcept;
  void pack_keys(const kernels::KernelTable& kernels, std::int64_t sequence, std::int64_t head, Keys keys,
                 const PackedKeys& to) const noexcept;
  void run_rows(const kernels::KernelTable& kernels, const RowBlock& block, const PackedKeys& keys,
                float* scratch) const noexcept;
  [[nodiscard]] float* probabilities(const RowBlock& block) const noexcept;

  const AttentionProblem& problem_;
  int threads_;
  Place* places_ = nullptr;                      // [sequences + 1]
  std::int64_t* request_of_sequence_ = nullptr;  // [sequences], -1 for none
  float* shared_panels_ = nullptr;
  std::uint8_t* shared_finite_ = nullptr;
  Slot* slots_ = nullptr;  // [threads]
};

}  // namespace saccade::ops
