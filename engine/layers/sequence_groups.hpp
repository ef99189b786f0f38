#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::layers {

/// Neighbouring sequences of a batch, first to last - 1.
struct Sequences {
  std::size_t first, last;
};

/// The groups in which a batch goes through a layer, or all layers of an encoder. Where there are enough
/// sequences, a group is one thread's from the first product to the last: what lies between two products
/// stays in that core's cache, and no thread waits for another. Sequences too long for that go in larger
/// groups, one after the other, each on all threads. Memory for a group does not grow with the batch.
class SequenceGroups {
 public:
  /// A group on all threads has `shared_tokens` at most, but at least one sequence.
  SequenceGroups(Engine::State& state, Offsets offsets, std::int64_t shared_tokens);
  /// All groups are all threads' from here on.
  void share_all() noexcept { most_alone_ = -1; }

  [[nodiscard]] std::size_t count() const noexcept { return offsets_.size() - 1; }
  [[nodiscard]] std::int64_t tokens(const Sequences& group) const noexcept {
    return offsets_[group.last] - offsets_[group.first];
  }
  /// The sequence is one thread's.
  [[nodiscard]] bool alone(std::size_t sequence) const noexcept {
    return tokens({sequence, sequence + 1}) <= most_alone_;
  }
  /// What a group runs on: one thread, or all.
  [[nodiscard]] Engine::State& state(const Sequences& group) const noexcept {
    return alone(group.first) ? one_thread_ : state_;
  }

  /// Calls action(group) for each group, in order.
  template <class Action>
  void each(const Action& action) const {
    for (Sequences group = {0, 0}; group.last < count();) {
      group = from(group.last);
      action(group);
    }
  }
  /// Calls run(group, slot) for each group that is one thread's, on all threads: each takes the next until
  /// there is none. A slot, below the number of threads, is one group's at any moment.
  template <class Run>
  void run_alone(const Run& run) const {
    std::atomic<std::size_t> next = 0;
    const auto take = [&](std::size_t, int slot) {
      std::size_t first = next;
      while (first < count()) {
        const Sequences group = from(first);
        if (!next.compare_exchange_weak(first, group.last)) continue;
        if (alone(group.first)) run(group, slot);
        first = next;
      }
    };
    scheduler::run_tasks(state_, static_cast<std::size_t>(state_.threads), take);
  }

 private:
  [[nodiscard]] Sequences from(std::size_t first) const noexcept;

  Engine::State& state_;
  mutable Engine::State one_thread_;
  Offsets offsets_;
  std::int64_t shared_tokens_, most_alone_;
};

}  // namespace saccade::layers
