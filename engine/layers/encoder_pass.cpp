#include "layers/encoder_pass.hpp"

#include <algorithm>

#include "core/as_size.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

/// Tokens of a group on all threads: enough rows to be worth reading the weights for, few enough that a
/// block's operands (28 MiB at hidden size 768) stay in last-level caches.
constexpr std::int64_t shared_tokens = 1024;

}  // namespace

EncoderPass::EncoderPass(scheduler::ExecutionContext& state, const PackedEncoder& encoder,
                         const TokenIds& batch, MatrixView hidden, const EncodeOptions& options)
    : state_(state),
      encoder_(encoder),
      batch_(batch),
      hidden_(hidden),
      options_(options),
      groups_(state, batch.offsets, shared_tokens) {}

EncoderGroup EncoderPass::pass(const Sequences& group) const noexcept {
  const std::int64_t row = batch_.offsets[group.first];
  float* const hidden = hidden_.data == nullptr ? nullptr : hidden_.data + row * hidden_.row_stride;
  return {groups_.state(group),
          encoder_,
          batch_,
          group,
          {hidden, groups_.tokens(group), hidden_.columns, hidden_.row_stride},
          options_};
}

EncoderPass::GroupBytes EncoderPass::group_bytes() const noexcept {
  GroupBytes most = {0, 0};
  groups_.each([&](const Sequences& group) {
    std::size_t& of_kind = groups_.on_one_thread(group.first) ? most.single_threaded : most.shared;
    of_kind = std::max(of_kind, pass(group).workspace());
  });
  return most;
}

std::size_t EncoderPass::workspace() {
  const GroupBytes bytes = group_bytes();
  return std::max(bytes.shared, bytes.single_threaded * as_size(state_.threads));
}

void EncoderPass::run(std::byte* workspace) {
  groups_.each([&](const Sequences& group) {
    if (!groups_.on_one_thread(group.first)) pass(group).run(workspace);
  });
  const std::size_t bytes = group_bytes().single_threaded;
  if (bytes == 0) return;
  groups_.run_single_threaded(
      [&](const Sequences& group, int slot) { pass(group).run(workspace + as_size(slot) * bytes); });
}

}  // namespace saccade::layers
