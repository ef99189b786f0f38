#include "layers/self_attention_pass.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

/// Tokens of a group, but at least one sequence: enough work between two waits, while q, k and v of a group
/// (48 MiB at width 1024) fit the last-level caches of machines that run such layers.
constexpr std::int64_t group_tokens = 4096;

ConstMatrixView rows_of(ConstMatrixView m, std::int64_t first, std::int64_t count) noexcept {
  return {m.data + first * m.row_stride, count, m.columns, m.row_stride};
}

MatrixView rows_of(MatrixView m, std::int64_t first, std::int64_t count) noexcept {
  return {m.data + first * m.row_stride, count, m.columns, m.row_stride};
}

void copy_rows(ConstMatrixView from, MatrixView to) noexcept {
  for (std::int64_t row = 0; row < from.rows; ++row)
    std::copy_n(from.data + row * from.row_stride, from.columns, to.data + row * to.row_stride);
}

}  // namespace

SelfAttentionPass::SelfAttentionPass(Engine::State& state, const PackedSelfAttention& packed,
                                     const PassTensors& tensors)
    : state_(state), packed_(packed), tensors_(tensors) {}

std::int64_t SelfAttentionPass::rows(const Group& group) const noexcept {
  if (!vector_form()) return tokens(group);
  return static_cast<std::int64_t>((group.last - group.first) * tensors_.positions.size());
}

std::int64_t SelfAttentionPass::first_row(const Group& group) const noexcept {
  if (!vector_form()) return tensors_.offsets[group.first];
  return static_cast<std::int64_t>(group.first * tensors_.positions.size());
}

SelfAttentionPass::Group SelfAttentionPass::group_from(std::size_t first) const noexcept {
  Group group = {first, first + 1};
  while (group.last < sequences() && tokens({first, group.last + 1}) <= group_tokens) ++group.last;
  return group;
}

void SelfAttentionPass::lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept {
  std::int64_t most_tokens = 0, most_rows = 0, most_sequences = 0;
  std::size_t op_bytes = ops::linear_workspace(state_, packed_.qkv);
  if (packed_.output.in != 0) op_bytes = std::max(op_bytes, ops::linear_workspace(state_, packed_.output));
  for (Group group = group_from(0);; group = group_from(group.last)) {
    most_tokens = std::max(most_tokens, tokens(group));
    most_rows = std::max(most_rows, rows(group));
    most_sequences = std::max(most_sequences, static_cast<std::int64_t>(group.last - group.first));
    op_bytes = std::max(op_bytes, ops::attention_workspace(state_, problem(group, {})));
    if (group.last == sequences()) break;
  }
  const std::int64_t query_rows = vector_form() ? most_rows : 0;
  buffers.rows_of_x = carver.take<float>(as_size(query_rows * packed_.width));
  buffers.q = carver.take<float>(as_size(query_rows * packed_.part()));
  buffers.qkv = carver.take<float>(as_size(most_tokens * packed_.part() * (vector_form() ? 2 : 3)));
  const std::int64_t context_rows = packed_.output.in != 0 ? most_rows : 0;  // else z itself
  buffers.context = carver.take<float>(as_size(context_rows * packed_.context_width()));
  buffers.requests = carver.take<ProbabilitiesRequest>(vector_form() ? as_size(most_sequences) : 0);
  buffers.op = carver.take<std::byte>(op_bytes);
}

std::size_t SelfAttentionPass::workspace() const noexcept {
  scheduler::Carver carver;
  Buffers buffers = {};
  lay_out(carver, buffers);
  return carver.used();
}

void SelfAttentionPass::run() {
  if (sequences() == 0) return;
  scheduler::ScratchPool::Lease lease(state_.scratch, workspace());
  scheduler::Carver carver(lease.memory());
  Buffers buffers = {};
  lay_out(carver, buffers);
  for (Group group = group_from(0);; group = group_from(group.last)) {
    run_group(group, buffers);
    if (group.last == sequences()) break;
  }
}

void SelfAttentionPass::run_group(const Group& group, const Buffers& buffers) const {
  project(group, buffers);
  const ops::AttentionProblem attention = problem(group, buffers);
  ops::attend(state_, attention, buffers.op);
  const MatrixView context = context_rows(group, buffers),
                   z = rows_of(tensors_.z, first_row(group), rows(group));
  if (packed_.output.in != 0) {
    ops::linear(state_, context, packed_.output, 0, z, buffers.op);
  } else if (context.data != z.data) {
    copy_rows(context, z);
  }
}

void SelfAttentionPass::project(const Group& group, const Buffers& buffers) const {
  const ConstMatrixView x = rows_of(tensors_.x, tensors_.offsets[group.first], tokens(group));
  const std::int64_t part = packed_.part();
  if (!vector_form())
    return ops::linear(state_, x, packed_.qkv, 0, {buffers.qkv, x.rows, 3 * part, 3 * part}, buffers.op);
  std::int64_t row = 0;
  for (std::size_t s = group.first; s < group.last; ++s) {
    for (const std::int64_t position : tensors_.positions) {
      const float* const token = tensors_.x.data + (tensors_.offsets[s] + position) * tensors_.x.row_stride;
      std::copy_n(token, packed_.width, buffers.rows_of_x + row++ * packed_.width);
    }
  }
  ops::linear(state_, {buffers.rows_of_x, row, packed_.width, packed_.width}, packed_.qkv, 0,
              {buffers.q, row, part, part}, buffers.op);
  ops::linear(state_, x, packed_.qkv, part, {buffers.qkv, x.rows, 2 * part, 2 * part}, buffers.op);
}

/// Where the group's heads go: what the caller gave, or z itself where nothing follows, or the workspace.
MatrixView SelfAttentionPass::context_rows(const Group& group, const Buffers& buffers) const noexcept {
  if (tensors_.context.data != nullptr) return rows_of(tensors_.context, first_row(group), rows(group));
  if (packed_.output.in == 0) return rows_of(tensors_.z, first_row(group), rows(group));
  return {buffers.context, rows(group), packed_.context_width(), packed_.context_width()};
}

std::span<const ProbabilitiesRequest> SelfAttentionPass::requests(const Group& group,
                                                                  const Buffers& buffers) const noexcept {
  const auto first = static_cast<std::int64_t>(group.first), last = static_cast<std::int64_t>(group.last);
  if (!vector_form()) {
    const auto before = [](const ProbabilitiesRequest& r, std::int64_t s) { return r.sequence < s; };
    const auto begin =
        std::lower_bound(tensors_.probabilities.begin(), tensors_.probabilities.end(), first, before);
    return {begin, std::lower_bound(begin, tensors_.probabilities.end(), last, before)};
  }
  if (buffers.requests == nullptr || tensors_.row_probabilities.empty()) return {};
  const std::size_t row_values = as_size(packed_.heads) * tensors_.positions.size();
  for (std::size_t s = group.first; s < group.last; ++s) {
    const auto keys = as_size(tensors_.offsets[s + 1] - tensors_.offsets[s]);
    const auto out =
        tensors_.row_probabilities.subspan(row_values * as_size(tensors_.offsets[s]), row_values * keys);
    buffers.requests[s - group.first] = {.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = out};
  }
  return {buffers.requests, group.last - group.first};
}

ops::AttentionProblem SelfAttentionPass::problem(const Group& group, const Buffers& buffers) const noexcept {
  const std::int64_t part = packed_.part(), heads = packed_.heads, head_dim = packed_.head_dim;
  const std::int64_t kv_stride = vector_form() ? 2 * part : 3 * part;
  const auto view = [&](float* data, std::int64_t count, std::int64_t stride) -> HeadsView {
    return {data, count, heads, head_dim, stride, head_dim};
  };
  const auto at = [](float* data, std::int64_t column) { return data == nullptr ? nullptr : data + column; };
  const MatrixView context = buffers.op == nullptr ? MatrixView{} : context_rows(group, buffers);
  return {
      .q = vector_form() ? view(buffers.q, rows(group), part) : view(buffers.qkv, tokens(group), kv_stride),
      .k = view(at(buffers.qkv, kv_stride - 2 * part), tokens(group), kv_stride),
      .v = view(at(buffers.qkv, kv_stride - part), tokens(group), kv_stride),
      .out = view(context.data, rows(group), context.row_stride),
      .offsets = tensors_.offsets.subspan(group.first, group.last - group.first + 1),
      .positions = tensors_.positions,
      .options = {.window = tensors_.window, .probabilities = requests(group, buffers)},
      .first_sequence = static_cast<std::int64_t>(group.first)};
}

}  // namespace saccade::layers
