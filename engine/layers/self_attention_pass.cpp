#include "layers/self_attention_pass.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "layers/copy_rows.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

/// Tokens of a group on all threads: enough work between two barriers, while q, k and v (48 MiB at hidden
/// size 1024) fit the last-level caches of machines that run such layers.
constexpr std::int64_t shared_tokens = 4096;

ConstMatrixView rows_of(ConstMatrixView m, std::int64_t first, std::int64_t count) noexcept {
  return {m.data + first * m.row_stride, count, m.columns, m.row_stride};
}

MatrixView rows_of(MatrixView m, std::int64_t first, std::int64_t count) noexcept {
  return {m.data + first * m.row_stride, count, m.columns, m.row_stride};
}

}  // namespace

SelfAttentionPass::SelfAttentionPass(scheduler::ExecutionContext& state, const PackedSelfAttention& packed,
                                     const PassTensors& tensors)
    : state_(state), packed_(packed), tensors_(tensors), groups_(state, tensors.offsets, shared_tokens) {
  if (selects_rows()) groups_.use_all_threads();  // few rows for the weights that each group reads
}

std::int64_t SelfAttentionPass::rows(const Sequences& group) const noexcept {
  if (!selects_rows()) return groups_.tokens(group);
  return static_cast<std::int64_t>((group.last - group.first) * tensors_.positions.size());
}

std::int64_t SelfAttentionPass::first_row(const Sequences& group) const noexcept {
  if (!selects_rows()) return tensors_.offsets[group.first];
  return static_cast<std::int64_t>(group.first * tensors_.positions.size());
}

std::int64_t SelfAttentionPass::qkv_stride() const noexcept {
  return selects_rows() ? 2 * packed_.shape.key_columns() : packed_.shape.qkv_columns();
}

SelfAttentionPass::Sizes SelfAttentionPass::sizes(bool on_one_thread) const noexcept {
  Sizes most;
  groups_.each([&](const Sequences& group) {
    if (groups_.on_one_thread(group.first) != on_one_thread) return;
    most.tokens = std::max(most.tokens, groups_.tokens(group));
    most.rows = std::max(most.rows, rows(group));
    most.sequences = std::max(most.sequences, static_cast<std::int64_t>(group.last - group.first));
    const scheduler::ExecutionContext& state = groups_.state(group);
    most.op_bytes = std::max({most.op_bytes, ops::linear_workspace(state, packed_.qkv),
                              packed_.has_output() ? ops::linear_workspace(state, packed_.output) : 0,
                              ops::attention_workspace(state, problem(group, {}))});
  });
  return most;
}

void SelfAttentionPass::lay_out(scheduler::Carver& carver, const Sizes& sizes,
                                Buffers& buffers) const noexcept {
  const std::int64_t query_rows = selects_rows() ? sizes.rows : 0;
  buffers.rows_of_x = carver.take<float>(as_size(query_rows * packed_.shape.hidden_size));
  buffers.q = carver.take<float>(as_size(query_rows * packed_.shape.query_columns()));
  buffers.qkv = carver.take<float>(as_size(sizes.tokens * qkv_stride()));
  const std::int64_t context_rows = packed_.has_output() ? sizes.rows : 0;  // else the context is z
  buffers.context = carver.take<float>(as_size(context_rows * packed_.shape.query_size()));
  buffers.requests = carver.take<ProbabilitiesRequest>(selects_rows() ? as_size(sizes.sequences) : 0);
  buffers.op = carver.take<std::byte>(sizes.op_bytes);
}

std::size_t SelfAttentionPass::bytes(const Sizes& sizes) const noexcept {
  scheduler::Carver carver;
  Buffers buffers = {};
  lay_out(carver, sizes, buffers);
  return carver.used();
}

std::size_t SelfAttentionPass::workspace() const noexcept {
  return std::max(bytes(sizes(false)), bytes(sizes(true)) * as_size(state_.threads));
}

void SelfAttentionPass::run() {
  const Sizes shared = sizes(false), single = sizes(true);
  const std::size_t single_bytes = bytes(single);
  scheduler::ScratchPool::Lease lease(state_.scratch,
                                      std::max(bytes(shared), single_bytes * as_size(state_.threads)));
  const auto run_in = [&](const Sequences& group, const Sizes& sizes, std::byte* memory) {
    scheduler::Carver carver(memory);
    Buffers buffers = {};
    lay_out(carver, sizes, buffers);
    run_group(group, buffers);
  };
  groups_.each([&](const Sequences& group) {
    if (!groups_.on_one_thread(group.first)) run_in(group, shared, lease.memory());
  });
  if (single_bytes == 0) return;
  groups_.run_single_threaded([&](const Sequences& group, int slot) {
    run_in(group, single, lease.memory() + as_size(slot) * single_bytes);
  });
}

void SelfAttentionPass::run_group(const Sequences& group, const Buffers& buffers) const {
  project(group, buffers);
  const ops::AttentionProblem attention = problem(group, buffers);
  scheduler::ExecutionContext& state = groups_.state(group);
  ops::attention(state, attention, buffers.op);
  const MatrixView context = context_rows(group, buffers),
                   z = rows_of(tensors_.z, first_row(group), rows(group));
  if (packed_.has_output()) {
    ops::linear(state, context, packed_.output, 0, z, buffers.op, {.next = &packed_.qkv});
  } else if (context.data != z.data) {
    copy_rows(context, z);
  }
}

void SelfAttentionPass::project(const Sequences& group, const Buffers& buffers) const {
  const ConstMatrixView x = rows_of(tensors_.x, tensors_.offsets[group.first], groups_.tokens(group));
  const std::int64_t query_columns = packed_.shape.query_columns();
  const MatrixView qkv = {buffers.qkv, x.rows, qkv_stride(), qkv_stride()};
  if (!selects_rows())
    return ops::linear(groups_.state(group), x, packed_.qkv, 0, qkv, buffers.op,
                       {.next = packed_.has_output() ? &packed_.output : &packed_.qkv});
  std::int64_t row = 0;
  for (std::size_t s = group.first; s < group.last; ++s) {
    for (const std::int64_t position : tensors_.positions) {
      const float* const token = tensors_.x.data + (tensors_.offsets[s] + position) * tensors_.x.row_stride;
      std::copy_n(token, packed_.shape.hidden_size, buffers.rows_of_x + row++ * packed_.shape.hidden_size);
    }
  }
  ops::linear(state_, {buffers.rows_of_x, row, packed_.shape.hidden_size, packed_.shape.hidden_size},
              packed_.qkv, 0, {buffers.q, row, query_columns, query_columns}, buffers.op);
  ops::linear(state_, x, packed_.qkv, query_columns, qkv, buffers.op);
}

/// The rows of the group's context: the caller's where given; z where no output projection follows; else the
/// workspace's.
MatrixView SelfAttentionPass::context_rows(const Sequences& group, const Buffers& buffers) const noexcept {
  if (tensors_.context.data != nullptr) return rows_of(tensors_.context, first_row(group), rows(group));
  if (!packed_.has_output()) return rows_of(tensors_.z, first_row(group), rows(group));
  return {buffers.context, rows(group), packed_.shape.query_size(), packed_.shape.query_size()};
}

std::span<const ProbabilitiesRequest> SelfAttentionPass::requests(const Sequences& group,
                                                                  const Buffers& buffers) const noexcept {
  const auto first = static_cast<std::int64_t>(group.first), last = static_cast<std::int64_t>(group.last);
  if (!selects_rows()) {
    const auto before = [](const ProbabilitiesRequest& r, std::int64_t s) { return r.sequence < s; };
    const auto begin =
        std::lower_bound(tensors_.probabilities.begin(), tensors_.probabilities.end(), first, before);
    return {begin, std::lower_bound(begin, tensors_.probabilities.end(), last, before)};
  }
  if (buffers.requests == nullptr || tensors_.row_probabilities.empty()) return {};
  const std::size_t row_values = as_size(packed_.shape.num_attention_heads) * tensors_.positions.size();
  for (std::size_t s = group.first; s < group.last; ++s) {
    const auto keys = as_size(tensors_.offsets[s + 1] - tensors_.offsets[s]);
    const auto out =
        tensors_.row_probabilities.subspan(row_values * as_size(tensors_.offsets[s]), row_values * keys);
    buffers.requests[s - group.first] = {.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = out};
  }
  return {buffers.requests, group.last - group.first};
}

ops::AttentionProblem SelfAttentionPass::problem(const Sequences& group,
                                                 const Buffers& buffers) const noexcept {
  const AttentionShape& shape = packed_.shape;
  const std::int64_t stride = qkv_stride(), key_columns = shape.key_columns();
  const auto queries = [&](float* data, std::int64_t row_stride) -> HeadsView {
    return {data, rows(group), shape.num_attention_heads, shape.head_dim, row_stride, shape.head_dim};
  };
  const auto keys = [&](float* data) -> HeadsView {
    return {data, groups_.tokens(group), shape.num_key_value_heads, shape.head_dim, stride, shape.head_dim};
  };
  const auto at = [](float* data, std::int64_t column) { return data == nullptr ? nullptr : data + column; };
  const MatrixView context = buffers.op == nullptr ? MatrixView{} : context_rows(group, buffers);
  return {.q = selects_rows() ? queries(buffers.q, shape.query_columns()) : queries(buffers.qkv, stride),
          .k = keys(at(buffers.qkv, stride - 2 * key_columns)),
          .v = keys(at(buffers.qkv, stride - key_columns)),
          .out = queries(context.data, context.row_stride),
          .offsets = tensors_.offsets.subspan(group.first, group.last - group.first + 1),
          .positions = tensors_.positions,
          .options = {.window = tensors_.window, .probabilities = requests(group, buffers)},
          .first_sequence = static_cast<std::int64_t>(group.first)};
}

}  // namespace saccade::layers
