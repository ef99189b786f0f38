#pragma once

#include <array>
#include <atomic>
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

/// Which head of which sequence, in the plan's order.
struct HeadPlace {
  std::int64_t place;
  std::int64_t head;

  bool operator==(const HeadPlace&) const = default;
};

/// Heads that are worked on together: their shared keys are in memory at the same time.
struct Wave {
  HeadPlace begin, end;
};

/// One row block of one head.
struct RowBlock {
  std::int64_t sequence;
  std::int64_t head;
  std::int64_t number;  ///< among those of the sequence
};

/// Splits a problem into tasks: longest sequences first, a head's work together (it shares keys and values),
/// the last rows first (causal ones cost most). A head of few keys is one task, which packs its keys into its
/// thread's memory and finds them in that core's cache, while enough work follows to keep the other threads
/// busy. Other heads are split into row blocks: their keys are packed once, just before the first row block
/// that wants them, in waves, so that memory does not grow with the batch.
class AttentionPlan {
 public:
  AttentionPlan(const AttentionProblem& problem, int threads) noexcept
      : problem_(problem), threads_(threads) {}

  /// Takes the workspace from `carver`, which may only count.
  void lay_out(scheduler::Carver& carver) noexcept;
  /// Fills what lay_out took.
  void prepare() noexcept;

  /// Goes on to the next wave; false when all are done.
  bool next_wave() noexcept;
  [[nodiscard]] std::size_t tasks() const noexcept;
  /// Tasks of a wave are begun in the order of their numbers: one may wait for keys that an earlier one
  /// packs.
  void run(const kernels::KernelTable& kernels, std::size_t task, int slot) noexcept;

 private:
  /// Sums over the heads before one, in the plan's order.
  struct Before {
    std::int64_t tasks;
    std::int64_t packs;   ///< key blocks of split heads
    std::int64_t values;  ///< shared_values of split heads
  };
  struct Place {
    std::int64_t sequence;
    std::int64_t whole_heads;  ///< the first heads, one task each; the others are split
    Before before;
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
  /// A piece of work of a head: its number among those of that head.
  struct Unit {
    HeadPlace of;
    std::int64_t index;
  };
  /// Queries, keys and values of the next task.
  using Ahead = std::array<kernels::StridedRows, 3>;
  struct Slot {
    float* scratch;
    PackedKeys keys;
  };
  struct Extent {
    std::int64_t longest = 0;         ///< keys of the longest sequence
    std::int64_t longest_whole = 0;   ///< keys of the longest one whose heads may be whole
    std::int64_t longest_copied = 0;  ///< and whose values are copied
    std::int64_t shared_values = 0;   ///< of the split heads of a wave, at most
    std::int64_t shared_blocks = 0;   ///< key blocks of the same
  };

  [[nodiscard]] std::int64_t row_blocks(std::int64_t sequence) const noexcept {
    return kernels::blocks_of(problem_.rows(sequence), kernels::row_block);
  }
  [[nodiscard]] std::int64_t key_blocks(std::int64_t sequence) const noexcept {
    return kernels::blocks_of(problem_.keys(sequence), kernels::key_block);
  }
  /// Heads may be whole: their keys and values are few enough for a core's own cache.
  [[nodiscard]] bool small(std::int64_t sequence) const noexcept {
    return problem_.keys(sequence) <= kernels::key_block;
  }
  /// All heads are whole: there is nothing to split, or nobody to split it for.
  [[nodiscard]] bool all_whole(std::int64_t sequence) const noexcept {
    return small(sequence) && (threads_ == 1 || row_blocks(sequence) <= 1);
  }
  /// Values are copied where several row blocks read them, unless a head's lie one after the other as they
  /// are.
  [[nodiscard]] bool copies_values(std::int64_t sequence) const noexcept {
    return row_blocks(sequence) > 1 && problem_.v.token_stride != problem_.v.head_dim;
  }
  [[nodiscard]] std::int64_t value_stride() const noexcept {
    return kernels::round_up(problem_.v.head_dim, kernels::panel_width);
  }
  /// Floats that a head's keys take.
  [[nodiscard]] std::int64_t key_panels(std::int64_t keys) const noexcept {
    return kernels::round_up(keys, kernels::panel_width) * problem_.k.head_dim;
  }
  /// Floats that a split head's keys and values take.
  [[nodiscard]] std::int64_t shared_values(std::int64_t sequence) const noexcept {
    const std::int64_t keys = problem_.keys(sequence);
    return key_panels(keys) + (copies_values(sequence) ? keys * value_stride() : 0);
  }
  [[nodiscard]] Extent extent() const noexcept;
  void choose_whole_heads() noexcept;
  [[nodiscard]] Before before(HeadPlace at) const noexcept;
  [[nodiscard]] Unit unit(std::int64_t number, std::int64_t Before::*kind) const noexcept;
  [[nodiscard]] PackedKeys shared_keys(HeadPlace head) const noexcept;
  [[nodiscard]] RowBlock row_block_of(const Unit& unit) const noexcept;
  [[nodiscard]] kernels::StridedRows query_rows(const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows key_rows(const ConstHeadsView& view, std::int64_t sequence,
                                              std::int64_t head, Keys keys) const noexcept;
  void run_head(const kernels::KernelTable& kernels, HeadPlace head, HeadPlace next,
                const Slot& slot) const noexcept;
  void pack_until_ready(const kernels::KernelTable& kernels, HeadPlace head) noexcept;
  void pack_keys(const kernels::KernelTable& kernels, std::int64_t sequence, std::int64_t head, Keys keys,
                 const PackedKeys& to) const noexcept;
  void run_row_block(const kernels::KernelTable& kernels, const RowBlock& block, const PackedKeys& keys,
                     float* scratch, const Ahead& ahead) const noexcept;
  [[nodiscard]] float* probabilities(const RowBlock& block) const noexcept;

  const AttentionProblem& problem_;
  int threads_;
  Place* places_ = nullptr;                      // [sequences + 1]
  std::int64_t* request_of_sequence_ = nullptr;  // [sequences], -1 for none
  float* shared_values_ = nullptr;
  std::uint8_t* shared_finite_ = nullptr;  // [key blocks of a wave]
  std::atomic<bool>* packed_ = nullptr;    // [key blocks of a wave]
  std::atomic<std::int64_t> next_pack_ = 0;
  Slot* slots_ = nullptr;  // [threads]
  Wave wave_ = {};
};

}  // namespace saccade::ops
