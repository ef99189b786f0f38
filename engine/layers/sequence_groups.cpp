#include "layers/sequence_groups.hpp"

#include <algorithm>

namespace saccade::layers {
namespace {

/// Tokens of a group on one thread, but at least one sequence: the rows of one matrix product, so that
/// weights come once for them.
constexpr std::int64_t alone_tokens = kernels::matmul_rows;

/// Longer sequences are all threads' even where there are many of them: each thread would take memory for
/// one.
constexpr std::int64_t longest_alone = 512;

/// Tokens of the longest sequence that one thread gets: a quarter of what each has to do, so that the last
/// ones do not keep the others waiting for long. 0: tasks would be too small to be worth reading the weights
/// for.
std::int64_t most_alone(int threads, std::int64_t tokens) {
  const std::int64_t share = threads == 1 ? tokens : tokens / (4 * threads);
  return threads > 1 && share < kernels::row_block ? 0 : std::min(share, longest_alone);
}

}  // namespace

SequenceGroups::SequenceGroups(Engine::State& state, Offsets offsets, std::int64_t shared_tokens)
    : state_(state),
      offsets_(offsets),
      shared_tokens_(shared_tokens),
      most_alone_(most_alone(state.threads, offsets.back() - offsets.front())) {
  one_thread_.kernels = state.kernels;
}

Sequences SequenceGroups::from(std::size_t first) const noexcept {
  Sequences group = {first, first + 1};
  const bool one_thread = alone(first);
  const std::int64_t most = one_thread ? std::min(alone_tokens, most_alone_) : shared_tokens_;
  while (group.last < count() && alone(group.last) == one_thread && tokens({first, group.last + 1}) <= most)
    ++group.last;
  return group;
}

}  // namespace saccade::layers
