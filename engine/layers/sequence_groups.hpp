#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::layers {

/// Neighbouring sequences of a batch, first to last - 1.
struct Sequences {
  std::size_t first, last;
};

/// The groups of sequences in which a batch goes through a layer, or through all layers of an encoder. Where
/// there are enough sequences, one thread computes all of a group: intermediate results stay in
/// that core's cache, and there are no barriers. Sequences too long for that form larger groups, which run
/// one after the other, each on all threads. The workspace of a group does not grow with the batch.
class SequenceGroups {
 public:
  /// A group on all threads has `shared_tokens` at most, but at least one sequence.
  SequenceGroups(scheduler::ExecutionContext& state, Offsets offsets, std::int64_t shared_tokens);
  /// Every group runs on all threads from here on.
  void use_all_threads() noexcept { single_thread_limit_ = -1; }

  [[nodiscard]] std::size_t count() const noexcept { return offsets_.size() - 1; }
  [[nodiscard]] std::int64_t tokens(const Sequences& group) const noexcept {
    return offsets_[group.last] - offsets_[group.first];
  }
  /// Whether the sequence's group runs on one thread.
  [[nodiscard]] bool on_one_thread(std::size_t sequence) const noexcept {
    return tokens({sequence, sequence + 1}) <= single_thread_limit_;
  }
  /// The engine state with the threads that the group runs on.
  [[nodiscard]] scheduler::ExecutionContext& state(const Sequences& group) const noexcept {
    return on_one_thread(group.first) ? one_thread_ : state_;
  }

  /// Calls action(group) for each group, in order.
  template <class Action>
  void each(const Action& action) const {
    for (Sequences group = {0, 0}; group.last < count();) {
      group = from(group.last);
      action(group);
    }
  }
  /// Calls run(group, slot) for each single-threaded group, in parallel: each thread takes the next group
  /// until there is none. No two groups that run at the same time have the same slot, below the number of
  /// threads.
  template <class Run>
  void run_single_threaded(const Run& run) const {
    std::atomic<std::size_t> next = 0;
    const auto take = [&](std::size_t, int slot) noexcept {
      std::size_t first = next;
      while (first < count()) {
        const Sequences group = from(first);
        if (!next.compare_exchange_weak(first, group.last)) continue;
        if (on_one_thread(group.first)) run(group, slot);
        first = next;
      }
    };
    scheduler::run_tasks(state_, static_cast<std::size_t>(state_.threads), take);
  }

 private:
  [[nodiscard]] Sequences from(std::size_t first) const noexcept;

  scheduler::ExecutionContext& state_;
  mutable scheduler::ExecutionContext one_thread_;
  Offsets offsets_;
  std::int64_t shared_tokens_, single_thread_limit_;
};

}  // namespace saccade::layers
