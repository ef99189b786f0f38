#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "ops/attention_problem.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::ops {

/// Which key head of which sequence, in the plan's order.
struct HeadPlace {
  std::int64_t place;
  std::int64_t head;

  bool operator==(const HeadPlace&) const = default;
};

/// Heads that are worked on together: their shared keys are in memory at the same time.
struct Wave {
  HeadPlace begin, end;
};

/// Some rows of one key head, and some of its keys.
struct RowBlock {
  std::int64_t sequence;
  std::int64_t head;
  std::int64_t row;  ///< the first one, among the sequence's
  std::int64_t rows;
  std::int64_t chunk = 0;  ///< of the sequence's keys
};

/// Splits a problem into tasks: longest sequences first, a head's work together (it shares keys and values),
/// the last rows first (causal ones cost most).
///
/// Keys of a cache, and keys that few rows look at, are read where they are, by row blocks. Where even those
/// are too few for the threads, chunks of keys are tasks; the last of a head merges their states.
///
/// Other keys are packed ahead. A head of few keys is one task, which packs them into its thread's memory and
/// finds them in that core's cache, while enough work follows to keep the other threads busy.
///
/// Other heads are split into row blocks: their keys are packed once, just before the first row block that
/// wants them, in waves, so that memory does not grow with the batch.
class AttentionPlan {
 public:
  AttentionPlan(const AttentionProblem& problem, int threads) noexcept;

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
    std::int64_t packs;    ///< key blocks of split heads
    std::int64_t values;   ///< shared_values of split heads
    std::int64_t states;   ///< state_values of heads in chunks
    std::int64_t chunked;  ///< heads in chunks
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
  /// Queries, keys, values and outputs that are wanted soon.
  using Ahead = std::array<kernels::StridedRows, 4>;
  struct Slot {
    float* scratch;
    PackedKeys keys;
    float** score_rows;  ///< [row_block]
    float* mean_rows;    ///< [row_block][keys]
  };
  struct Extent {
    std::int64_t longest_whole = 0;   ///< keys of the longest sequence whose heads may be whole
    std::int64_t longest_copied = 0;  ///< and whose values are copied
    std::int64_t shared_values = 0;   ///< of the split heads of a wave, at most
    std::int64_t shared_blocks = 0;   ///< key blocks of the same
    std::int64_t mean_keys = 0;       ///< of the longest sequence of which a mean over heads is wanted
    std::int64_t state_values = 0;    ///< of all sequences in chunks
    std::int64_t chunked_heads = 0;   ///< of the same
    kernels::AttentionScratch scratch = {};
  };

  [[nodiscard]] const ProbabilitiesRequest* request(std::int64_t sequence) const noexcept;
  [[nodiscard]] bool wants_mean(std::int64_t sequence) const noexcept {
    return request(sequence) != nullptr && request(sequence)->mean_over_heads;
  }
  [[nodiscard]] std::int64_t row_blocks(std::int64_t sequence) const noexcept {
    return kernels::blocks_of(problem_.rows(sequence), kernels::row_block);
  }
  [[nodiscard]] std::int64_t key_blocks(std::int64_t sequence) const noexcept {
    return kernels::key_blocks(problem_.keys(sequence), problem_.key_position(sequence));
  }
  /// Keys are read where they are: they are packed already, or not worth packing ahead.
  [[nodiscard]] bool reads_in_place(std::int64_t sequence) const noexcept;
  /// Chunks that the keys of a sequence are split into: 1 where its row blocks keep the threads busy.
  [[nodiscard]] std::int64_t chunks(std::int64_t sequence) const noexcept;
  /// Tasks that a head of a sequence is split into.
  [[nodiscard]] std::int64_t split_tasks(std::int64_t sequence) const noexcept {
    return row_blocks(sequence) * chunks(sequence);
  }
  /// Heads may be whole: their keys and values are few enough for a core's own cache.
  [[nodiscard]] bool small(std::int64_t sequence) const noexcept {
    return !reads_in_place(sequence) && problem_.keys(sequence) <= kernels::key_block;
  }
  /// All heads are whole: there is nothing to split, or nobody to split it for.
  [[nodiscard]] bool all_whole(std::int64_t sequence) const noexcept {
    return wants_mean(sequence) || (small(sequence) && (threads_ == 1 || row_blocks(sequence) <= 1));
  }
  /// Values are copied where they have to be converted, and where several row blocks read them, unless a
  /// head's lie one after the other as they are.
  [[nodiscard]] bool copies_values(std::int64_t sequence) const noexcept {
    return problem_.v.type != StorageType::f32 ||
           (row_blocks(sequence) > 1 && problem_.v.token_stride != problem_.value_dim());
  }
  [[nodiscard]] std::int64_t value_stride() const noexcept {
    return kernels::round_up(problem_.value_dim(), kernels::panel_width);
  }
  /// Floats that a head's keys take.
  [[nodiscard]] std::int64_t key_panels(std::int64_t keys) const noexcept {
    return kernels::round_up(keys, kernels::panel_width) * problem_.head_dim();
  }
  /// Floats that a split head's keys and values take.
  [[nodiscard]] std::int64_t shared_values(std::int64_t sequence) const noexcept {
    const std::int64_t keys = problem_.keys(sequence);
    return key_panels(keys) + (copies_values(sequence) ? keys * value_stride() : 0);
  }
  /// Floats that the states of a head's rows over a sequence's keys take, where they are in chunks.
  [[nodiscard]] std::int64_t state_values(std::int64_t sequence) const noexcept {
    return chunks(sequence) == 1
               ? 0
               : problem_.rows(sequence) * key_blocks(sequence) * (problem_.value_dim() + 2);
  }

  [[nodiscard]] Extent extent() const noexcept;
  void choose_whole_heads() noexcept;
  [[nodiscard]] Before before(HeadPlace at) const noexcept;
  [[nodiscard]] Unit unit(std::int64_t number, std::int64_t Before::*kind) const noexcept;
  [[nodiscard]] PackedKeys shared_keys(HeadPlace head) const noexcept;
  void pack_until_ready(const kernels::KernelTable& kernels, HeadPlace head) noexcept;
  void pack_block(const kernels::KernelTable& kernels, std::int64_t sequence, std::int64_t head,
                  std::int64_t block, const PackedKeys& all) const noexcept;

  [[nodiscard]] RowBlock row_block_of(const Unit& unit) const noexcept;
  [[nodiscard]] kernels::StridedRows query_rows(const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows output_rows(const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows key_rows(const ConstHeadsView& view, std::int64_t sequence,
                                              std::int64_t head, Keys keys) const noexcept;
  void run_head(const kernels::KernelTable& kernels, HeadPlace head, HeadPlace next,
                const Slot& slot) const noexcept;
  void run_row_block(const kernels::KernelTable& kernels, const RowBlock& block, const PackedKeys* keys,
                     const Slot& slot, const Ahead& ahead) const noexcept;
  void run_chunk(const kernels::KernelTable& kernels, HeadPlace head, const RowBlock& block,
                 const Slot& slot) noexcept;
  void run_mean(const kernels::KernelTable& kernels, HeadPlace head, const Slot& slot) const noexcept;
  void add_to_mean(const kernels::KernelTable& kernels, const RowBlock& block,
                   const Slot& slot) const noexcept;
  [[nodiscard]] kernels::ScoreRules score_rules(std::int64_t sequence, std::int64_t query,
                                                std::int64_t head) const noexcept;
  [[nodiscard]] kernels::AttentionBlock kernel_block(const RowBlock& block, const PackedKeys* keys,
                                                     const Slot& slot) const noexcept;
  void run_kernel(const kernels::KernelTable& kernels, const RowBlock& block,
                  kernels::AttentionBlock a) const noexcept;
  [[nodiscard]] bool find_score_rows(const RowBlock& block, float** rows) const noexcept;

  const AttentionProblem& problem_;
  int threads_;
  Place* places_ = nullptr;  // [sequences + 1]
  float* shared_values_ = nullptr;
  std::uint8_t* shared_finite_ = nullptr;  // [key blocks of a wave]
  std::atomic<bool>* packed_ = nullptr;    // [key blocks of a wave]
  std::atomic<std::int64_t> next_pack_ = 0;
  Slot* slots_ = nullptr;  // [threads]
  float* states_ = nullptr;
  std::atomic<std::int64_t>* chunks_left_ = nullptr;  // [heads in chunks]
  bool asks_ahead_ = false;                           // for rows before they are wanted
  std::int64_t tasks_per_row_block_ = 1;              // that keep the threads busy
  Wave wave_ = {};
};

}  // namespace saccade::ops
