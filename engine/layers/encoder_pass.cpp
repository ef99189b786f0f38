#include "layers/encoder_pass.hpp"

#include <algorithm>
#include <atomic>

#include "core/as_size.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

/// Tokens of a group on one thread, but at least one sequence: the rows of one matrix product, so that
/// weights come once for them.
constexpr std::int64_t alone_tokens = kernels::matmul_rows;

/// Of a group on all threads: enough rows to read the weights for, few enough that a block's operands (28 MiB
/// at width 768) stay in last-level caches.
constexpr std::int64_t shared_tokens = 1024;

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

EncoderPass::EncoderPass(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch,
                         MatrixView hidden, const EncodeOptions& wanted)
    : state_(state),
      encoder_(encoder),
      batch_(batch),
      hidden_(hidden),
      wanted_(wanted),
      most_alone_(most_alone(state.threads, batch.offsets.back() - batch.offsets.front())) {
  one_thread_.kernels = state.kernels;
}

EncoderPass::Group EncoderPass::group_from(std::size_t first) const noexcept {
  Group group = {first, first + 1};
  const bool one_thread = alone(first);
  const std::int64_t most = one_thread ? std::min(alone_tokens, most_alone_) : shared_tokens;
  while (group.last < sequences() && alone(group.last) == one_thread &&
         tokens({first, group.last + 1}) <= most)
    ++group.last;
  return group;
}

EncoderGroup EncoderPass::pass(const Group& group) noexcept {
  const std::int64_t row = batch_.offsets[group.first];
  float* const hidden = hidden_.data == nullptr ? nullptr : hidden_.data + row * hidden_.row_stride;
  return {alone(group.first) ? one_thread_ : state_,
          encoder_,
          batch_,
          group,
          {hidden, tokens(group), hidden_.columns, hidden_.row_stride},
          wanted_};
}

EncoderPass::GroupBytes EncoderPass::group_bytes() noexcept {
  GroupBytes most = {0, 0};
  for (Group group = {0, 0}; group.last < sequences();) {
    group = group_from(group.last);
    std::size_t& of_kind = alone(group.first) ? most.alone : most.shared;
    of_kind = std::max(of_kind, pass(group).workspace());
  }
  return most;
}

std::size_t EncoderPass::workspace() {
  const GroupBytes bytes = group_bytes();
  return std::max(bytes.shared, bytes.alone * as_size(state_.threads));
}

void EncoderPass::run(std::byte* workspace) {
  for (Group group = {0, 0}; group.last < sequences();) {
    group = group_from(group.last);
    if (!alone(group.first)) pass(group).run(workspace);
  }
  run_alone(workspace, group_bytes().alone);
}

/// Each thread takes the next group until there is none.
void EncoderPass::run_alone(std::byte* workspace, std::size_t bytes) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&](std::size_t, int slot) {
    std::size_t first = next;
    while (first < sequences()) {
      const Group group = group_from(first);
      if (!next.compare_exchange_weak(first, group.last)) continue;
      if (alone(group.first)) pass(group).run(workspace + as_size(slot) * bytes);
      first = next;
    }
  };
  if (bytes > 0) scheduler::run_tasks(state_, as_size(state_.threads), run);
}

}  // namespace saccade::layers
