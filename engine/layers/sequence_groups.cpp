#include "layers/sequence_groups.hpp"

#include <algorithm>

namespace saccade::layers {
namespace {

/// Most tokens of a group on one thread, unless one sequence has more: the rows of one matrix product, so
/// that weights are read once for the group.
constexpr std::int64_t single_thread_tokens = kernels::matmul_rows;

/// Longer sequences run on all threads even where there are many of them: otherwise each thread would need
/// the workspace of one.
constexpr std::int64_t longest_on_one_thread = 512;

/// Tokens of the longest sequence that runs on one thread: a quarter of a thread's share of the batch, so
/// that the threads finish at about the same time. 0: tasks would be too small to be worth reading the
/// weights for.
std::int64_t single_thread_limit(int threads, std::int64_t tokens) {
  const std::int64_t share = threads == 1 ? tokens : tokens / (4 * threads);
  return threads > 1 && share < kernels::row_block ? 0 : std::min(share, longest_on_one_thread);
}

}  // namespace

SequenceGroups::SequenceGroups(scheduler::ExecutionContext& state, Offsets offsets,
                               std::int64_t shared_tokens)
    : state_(state),
      offsets_(offsets),
      shared_tokens_(shared_tokens),
      single_thread_limit_(single_thread_limit(state.threads, offsets.back() - offsets.front())) {
  one_thread_.kernels = state.kernels;
}

Sequences SequenceGroups::from(std::size_t first) const noexcept {
  Sequences group = {first, first + 1};
  const bool one_thread = on_one_thread(first);
  const std::int64_t most =
      one_thread ? std::min(single_thread_tokens, single_thread_limit_) : shared_tokens_;
  while (group.last < count() && on_one_thread(group.last) == one_thread &&
         tokens({first, group.last + 1}) <= most)
    ++group.last;
  return group;
}

}  // namespace saccade::layers
