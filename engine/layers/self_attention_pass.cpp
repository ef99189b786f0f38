#include "layers/self_attention_pass.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

/// Of a group on all threads: enough work between two waits, while q, k and v (48 MiB at width 1024) fit the
/// last-level caches of machines that run such layers.
constexpr std::int64_t shared_tokens = 4096;

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
    : state_(state), packed_(packed), tensors_(tensors), groups_(state, tensors.offsets, shared_tokens) {
  if (vector_form()) groups_.share_all();  // few rows, and weights to read for each group
}

std::int64_t SelfAttentionPass::rows(const Sequences& group) const noexcept {
  if (!vector_form()) return groups_.tokens(group);
  return static_cast<std::int64_t>((group.last - group.first) * tensors_.positions.size());
}

std::int64_t SelfAttentionPass::first_row(const Sequences& group) const noexcept {
  if (!vector_form()) return tensors_.offsets[group.first];
  return static_cast<std::int64_t>(group.first * tensors_.positions.size());
}

SelfAttentionPass::Sizes SelfAttentionPass::sizes(bool alone) const noexcept {
  Sizes most;
  groups_.each([&](const Sequences& group) {
    if (groups_.alone(group.first) != alone) return;
    most.tokens = std::max(most.tokens, groups_.tokens(group));
    most.rows = std::max(most.rows, rows(group));
    most.sequences = std::max(most.sequences, static_cast<std::int64_t>(group.last - group.first));
    const Engine::State& state = groups_.state(group);
    const bool projects_out = packed_.output.in != 0;
    most.op_bytes = std::max({most.op_bytes, ops::linear_workspace(state, packed_.qkv),
                              projects_out ? ops::linear_workspace(state, packed_.output) : 0,
                              ops::attention_workspace(state, problem(group, {}))});
  });
  return most;
}

void SelfAttentionPass::lay_out(scheduler::Carver& carver, const Sizes& sizes,
                                Buffers& buffers) const noexcept {
  const std::int64_t query_rows = vector_form() ? sizes.rows : 0;
  buffers.rows_of_x = carver.take<float>(as_size(query_rows * packed_.width));
  buffers.q = carver.take<float>(as_size(query_rows * packed_.part()));
  buffers.qkv = carver.take<float>(as_size(sizes.tokens * packed_.part() * (vector_form() ? 2 : 3)));
  const std::int64_t context_rows = packed_.output.in != 0 ? sizes.rows : 0;  // else z itself
  buffers.context = carver.take<float>(as_size(context_rows * packed_.context_width()));
  buffers.requests = carver.take<ProbabilitiesRequest>(vector_form() ? as_size(sizes.sequences) : 0);
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
  const Sizes shared = sizes(false), alone = sizes(true);
  const std::size_t alone_bytes = bytes(alone);
  scheduler::ScratchPool::Lease lease(state_.scratch,
                                      std::max(bytes(shared), alone_bytes * as_size(state_.threads)));
  const auto run_in = [&](const Sequences& group, const Sizes& sizes, std::byte* memory) {
    scheduler::Carver carver(memory);
    Buffers buffers = {};
    lay_out(carver, sizes, buffers);
    run_group(group, buffers);
  };
  groups_.each([&](const Sequences& group) {
    if (!groups_.alone(group.first)) run_in(group, shared, lease.memory());
  });
  if (alone_bytes == 0) return;
  groups_.run_alone([&](const Sequences& group, int slot) {
    run_in(group, alone, lease.memory() + as_size(slot) * alone_bytes);
  });
}

void SelfAttentionPass::run_group(const Sequences& group, const Buffers& buffers) const {
  project(group, buffers);
  const ops::AttentionProblem attention = problem(group, buffers);
  Engine::State& state = groups_.state(group);
  ops::attention(state, attention, buffers.op);
  const MatrixView context = context_rows(group, buffers),
                   z = rows_of(tensors_.z, first_row(group), rows(group));
  if (packed_.output.in != 0) {
    ops::linear(state, context, packed_.output, 0, z, buffers.op, {.next = &packed_.qkv});
  } else if (context.data != z.data) {
    copy_rows(context, z);
  }
}

void SelfAttentionPass::project(const Sequences& group, const Buffers& buffers) const {
  const ConstMatrixView x = rows_of(tensors_.x, tensors_.offsets[group.first], groups_.tokens(group));
  const std::int64_t part = packed_.part();
  if (!vector_form())
    return ops::linear(groups_.state(group), x, packed_.qkv, 0, {buffers.qkv, x.rows, 3 * part, 3 * part},
                       buffers.op, {.next = packed_.output.in != 0 ? &packed_.output : &packed_.qkv});
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
MatrixView SelfAttentionPass::context_rows(const Sequences& group, const Buffers& buffers) const noexcept {
  if (tensors_.context.data != nullptr) return rows_of(tensors_.context, first_row(group), rows(group));
  if (packed_.output.in == 0) return rows_of(tensors_.z, first_row(group), rows(group));
  return {buffers.context, rows(group), packed_.context_width(), packed_.context_width()};
}

std::span<const ProbabilitiesRequest> SelfAttentionPass::requests(const Sequences& group,
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

ops::AttentionProblem SelfAttentionPass::problem(const Sequences& group,
                                                 const Buffers& buffers) const noexcept {
  const std::int64_t part = packed_.part(), heads = packed_.heads, head_dim = packed_.head_dim;
  const std::int64_t kv_stride = vector_form() ? 2 * part : 3 * part;
  const auto view = [&](float* data, std::int64_t count, std::int64_t stride) -> HeadsView {
    return {data, count, heads, head_dim, stride, head_dim};
  };
  const auto at = [](float* data, std::int64_t column) { return data == nullptr ? nullptr : data + column; };
  const MatrixView context = buffers.op == nullptr ? MatrixView{} : context_rows(group, buffers);
  return {.q = vector_form() ? view(buffers.q, rows(group), part)
                             : view(buffers.qkv, groups_.tokens(group), kv_stride),
          .k = view(at(buffers.qkv, kv_stride - 2 * part), groups_.tokens(group), kv_stride),
          .v = view(at(buffers.qkv, kv_stride - part), groups_.tokens(group), kv_stride),
          .out = view(context.data, rows(group), context.row_stride),
          .offsets = tensors_.offsets.subspan(group.first, group.last - group.first + 1),
          .positions = tensors_.positions,
          .options = {.window = tensors_.window, .probabilities = requests(group, buffers)},
          .first_sequence = static_cast<std::int64_t>(group.first)};
}

}  // namespace saccade::layers
