#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernels/table/kernel_table.hpp"
#include "ops/attention/attention_problem.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::ops {

/// A head of a sequence, in the plan's order.
struct HeadPlace {
  std::int64_t place;
  std::int64_t head;

  bool operator==(const HeadPlace&) const = default;
};

/// Heads that are computed together: their packed keys are in memory at the same time.
struct Wave {
  HeadPlace begin, end;
};

/// Splits a problem into tasks: longest sequences first; the tasks of a head one after the other, since they
/// share keys and values; the last rows first, since causal ones take longest.
///
/// Keys of a cache, and keys that few rows use, are read in place, by row blocks. Where a sequence has one
/// query and the heads of a token are contiguous, a row block has all heads, so that tokens are read whole.
/// Where these tasks are fewer than the threads need, the keys of a row block are split into chunks, each a
/// task; the last chunk to finish merges their states.
///
/// Other keys are packed first. A head of few keys stays one task where such heads keep all threads busy: the
/// task packs the keys into its thread's memory, and then reads them from that core's cache.
///
/// Other heads are split into row blocks, and their keys packed once, just before the first row block that
/// reads them. This goes in waves of heads, so that memory does not grow with the batch.
class AttentionPlan {
 public:
  AttentionPlan(const AttentionProblem& problem, int threads) noexcept;

  [[nodiscard]] int threads() const noexcept { return threads_; }
  /// Takes the workspace from `carver`, which may only count bytes.
  void lay_out(scheduler::Carver& carver) noexcept;
  /// Initializes the workspace.
  void prepare() noexcept;

  /// Begins the next wave; false after the last one.
  bool next_wave() noexcept;
  [[nodiscard]] std::size_t tasks() const noexcept;
  /// Runs a task of the wave. It packs key blocks that it needs and that no other task has begun to pack, and
  /// waits only for those that another one has begun.
  void run(const kernels::KernelTable& kernels, std::size_t task, int slot) noexcept;

 private:
  /// Prefix sums over the heads in the plan's order, up to a head.
  struct PrefixSums {
    std::int64_t tasks;
    std::int64_t packs;    ///< key blocks of split heads
    std::int64_t values;   ///< shared_values of split heads
    std::int64_t states;   ///< state_values of heads in chunks
    std::int64_t chunked;  ///< row blocks in chunks
  };
  /// How one sequence is split.
  struct SequencePlan {
    std::int64_t sequence;
    std::int64_t keys, key_blocks;
    std::int64_t heads;       ///< that are computed one by one: the key heads, or 1 for all together
    std::int64_t group;       ///< query heads of each; those of one query are neighbouring rows
    std::int64_t rows;        ///< of each
    std::int64_t row_blocks;  ///< of each
    std::int64_t chunks;      ///< of keys: tasks of a row block
    std::int32_t rows_per_block;
    std::int32_t short_rows, short_blocks;  ///< the first rows, in blocks of fewer
    bool mean;                              ///< a mean over heads is requested
    bool reads_keys_in_place;  ///< keys are read in place: packed already, or read too rarely to pack
    bool copies_values;        ///< when keys are packed
    std::int64_t unsplit_heads =
        0;  ///< the first heads, which are one task each; the others are split into row blocks
    PrefixSums prefix = {};

    /// Whether keys and values of a head fit into a core's L2, so that a head may stay one task.
    [[nodiscard]] bool keys_fit_l2() const noexcept {
      return !reads_keys_in_place && keys <= kernels::key_block;
    }
    /// Scores of a head, plus one so that a head without keys does not count as 0.
    [[nodiscard]] double scores() const noexcept {
      return 1.0 + static_cast<double>(keys) * static_cast<double>(rows);
    }
    /// The first row of a block. Of block -1, the last one of a head without rows, it is negative.
    [[nodiscard]] std::int64_t block_begin(std::int64_t block) const noexcept {
      const bool is_short = block >= 0 && block < short_blocks;
      return is_short ? short_rows * block / short_blocks
                      : short_rows + (block - short_blocks) * rows_per_block;
    }
    [[nodiscard]] std::int64_t split_tasks() const noexcept { return row_blocks * chunks; }
  };
  /// Some rows of one head, and some of its keys.
  struct RowBlock {
    const SequencePlan* place;
    std::int64_t head;
    std::int64_t row;  ///< the first one, counted in the head
    std::int64_t rows;
    std::int64_t chunk = 0;  ///< of the keys
  };
  struct PackedKeys {
    float* panels;
    std::uint8_t* finite;
    float* values;  ///< value_stride() apart; null: values are read in place
  };
  struct Keys {
    std::int64_t first;  ///< within the sequence
    std::int64_t count;
  };
  /// A task or key block of a head, by its index in the head.
  struct Unit {
    HeadPlace of;
    std::int64_t index;
  };
  /// Rows to prefetch: of queries, keys, values and outputs that are used next.
  using Ahead = std::array<kernels::StridedRows, 4>;
  struct Slot {
    float* scratch;
    PackedKeys keys;
    float** score_rows;  ///< [max_row_block]
    float* mean_rows;    ///< [row_block][keys]
  };
  struct Extent {
    std::int64_t longest_unsplit = 0;  ///< keys of the longest sequence whose heads may be unsplit
    std::int64_t longest_copied = 0;   ///< and whose values are copied
    std::int64_t shared_values = 0;    ///< of the split heads of a wave, at most
    std::int64_t shared_blocks = 0;    ///< key blocks of the same
    std::int64_t mean_keys = 0;        ///< of the longest sequence with a requested mean over heads
    std::int64_t state_values = 0;     ///< of all sequences in chunks
    std::int64_t chunked_blocks = 0;   ///< row blocks of the same
    kernels::AttentionScratch scratch = {};
  };

  [[nodiscard]] const ProbabilitiesRequest* request(std::int64_t sequence) const noexcept;
  [[nodiscard]] SequencePlan describe_sequence(std::int64_t sequence) const noexcept;
  [[nodiscard]] bool reads_tokens_whole(std::int64_t sequence) const noexcept;
  void choose_row_blocks(SequencePlan& place) const noexcept;
  [[nodiscard]] std::int64_t chunks(const SequencePlan& place) const noexcept;
  /// True if every head is one task: a mean over heads is requested, or there is one thread, or one row block
  /// a head.
  [[nodiscard]] bool all_heads_unsplit(const SequencePlan& place) const noexcept {
    return place.mean || (place.keys_fit_l2() && (threads_ == 1 || place.row_blocks <= 1));
  }
  [[nodiscard]] std::int64_t value_stride() const noexcept {
    return kernels::round_up(problem_.value_dim(), kernels::panel_width);
  }
  /// Floats of a head's packed keys.
  [[nodiscard]] std::int64_t key_panels(std::int64_t keys) const noexcept {
    return kernels::round_up(keys, kernels::panel_width) * problem_.head_dim();
  }
  /// Floats of a split head's packed keys and values.
  [[nodiscard]] std::int64_t shared_values(const SequencePlan& place) const noexcept {
    return key_panels(place.keys) + (place.copies_values ? place.keys * value_stride() : 0);
  }
  /// Floats of the states of a head's rows over all key blocks; 0 where keys are not in chunks.
  [[nodiscard]] std::int64_t state_values(const SequencePlan& place) const noexcept {
    return place.chunks == 1 ? 0 : place.rows * place.key_blocks * (problem_.value_dim() + 2);
  }

  [[nodiscard]] Extent extent() const noexcept;
  void choose_unsplit_heads() noexcept;
  [[nodiscard]] PrefixSums prefix_at(HeadPlace at) const noexcept;
  [[nodiscard]] Unit unit(std::int64_t number, std::int64_t PrefixSums::*kind) const noexcept;
  [[nodiscard]] PackedKeys shared_keys(HeadPlace head) const noexcept;
  void pack_until_ready(const kernels::KernelTable& kernels, HeadPlace head) noexcept;
  void pack_block(const kernels::KernelTable& kernels, const SequencePlan& place, std::int64_t head,
                  std::int64_t block, const PackedKeys& all) const noexcept;

  [[nodiscard]] RowBlock row_block_of(const Unit& unit) const noexcept;
  [[nodiscard]] kernels::StridedRows rows_of(const ConstHeadsView& view,
                                             const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows query_rows(const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows output_rows(const RowBlock& block) const noexcept;
  [[nodiscard]] kernels::StridedRows key_rows(const ConstHeadsView& view, const SequencePlan& place,
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
  SequencePlan* sequences_ = nullptr;  // [sequences + 1]
  float* shared_values_ = nullptr;
  std::uint8_t* shared_finite_ = nullptr;  // [key blocks of a wave]
  std::atomic<bool>* packed_ = nullptr;    // [key blocks of a wave]
  std::atomic<std::int64_t> next_pack_ = 0;
  Slot* slots_ = nullptr;  // [threads]
  float* states_ = nullptr;
  std::atomic<std::int64_t>* chunks_left_ = nullptr;  // [row blocks in chunks]
  bool prefetches_ahead_ = false;                     // rows before they are used
  bool hides_keys_ = false;                           // rows of a sequence may have different visible keys
  std::int64_t tasks_per_row_block_ = 1;              // enough to keep the threads busy
  Extent extent_ = {};                                // the sizes that lay_out takes
  Wave wave_ = {};
};

}  // namespace saccade::ops
