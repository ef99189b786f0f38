#include "layers/embed_pass.hpp"

#include <algorithm>
#include <utility>

#include "core/as_size.hpp"
#include "layers/copy_rows.hpp"
#include "layers/encoder_pass.hpp"
#include "layers/token_batches.hpp"
#include "ops/linear.hpp"
#include "ops/pool.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

template <class T>
std::span<const T> slice(std::span<const T> all, std::int64_t first, std::int64_t count) noexcept {
  return all.empty() ? all : all.subspan(as_size(first), as_size(count));
}

}  // namespace

EmbedPass::EmbedPass(scheduler::ExecutionContext& state, const PackedEncoder& encoder,
                     const PackedSentence& sentence, const TokenIds& tokens, MatrixView embeddings,
                     const EmbedRules& rules)
    : state_(state),
      encoder_(encoder),
      sentence_(sentence),
      tokens_(tokens),
      embeddings_(embeddings),
      rules_(rules) {}

EmbedPass::Batch EmbedPass::batch_from(std::size_t first) const noexcept {
  return {first, batch_end(tokens_.offsets, first, rules_.token_budget)};
}

std::int64_t EmbedPass::widest() const noexcept {
  std::int64_t width = encoder_.hidden_size() * static_cast<std::int64_t>(rules_.pooling.size());
  for (const PackedStep& step : sentence_.steps) width = std::max(width, step.out);
  return width;
}

void EmbedPass::lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept {
  std::size_t most_sequences = 0, op_bytes = 0;
  std::int64_t most_tokens = 0;
  for (const PackedStep& step : sentence_.steps)
    if (!step.is_norm()) op_bytes = std::max(op_bytes, ops::linear_workspace(state_, step.weights));
  for (Batch batch = {0, 0}; batch.last < sequences();) {
    batch = batch_from(batch.last);
    most_sequences = std::max(most_sequences, batch.last - batch.first);
    most_tokens = std::max(most_tokens, tokens(batch));
    const Offsets offsets = tokens_.offsets.subspan(batch.first, batch.last - batch.first + 1);
    EncoderPass pass(state_, encoder_, {.ids = {}, .offsets = offsets}, {});
    op_bytes = std::max(op_bytes, pass.workspace());
  }
  buffers.offsets = carver.take<std::int64_t>(most_sequences + 1);
  buffers.hidden = carver.take<float>(as_size(most_tokens * encoder_.hidden_size()));
  buffers.vectors = carver.take<float>(most_sequences * as_size(widest()));
  buffers.next = carver.take<float>(sentence_.steps.empty() ? 0 : most_sequences * as_size(widest()));
  buffers.op = carver.take<std::byte>(op_bytes);
}

std::size_t EmbedPass::workspace() const noexcept {
  scheduler::Carver carver;
  Buffers buffers = {};
  lay_out(carver, buffers);
  return carver.used();
}

void EmbedPass::run(std::byte* workspace) const {
  scheduler::Carver carver(workspace);
  Buffers buffers = {};
  lay_out(carver, buffers);
  for (Batch batch = {0, 0}; batch.last < sequences();) {
    batch = batch_from(batch.last);
    run_batch(batch, buffers);
  }
}

void EmbedPass::run_batch(const Batch& batch, Buffers buffers) const {
  const std::int64_t width = encoder_.hidden_size();
  const MatrixView hidden = {buffers.hidden, tokens(batch), width, width};
  const TokenIds tokens = encode(batch, buffers, hidden);
  MatrixView x = pool(hidden, tokens.offsets, buffers);
  for (const PackedStep& s : sentence_.steps) x = step(s, x, buffers);
  const auto first = static_cast<std::int64_t>(batch.first);
  finish({x.data, x.rows, embeddings_.columns, x.row_stride},
         {embeddings_.data + first * embeddings_.row_stride, x.rows, embeddings_.columns,
          embeddings_.row_stride});
}

/// Computes the hidden states of the batch. Returns its tokens, with offsets that begin at 0.
TokenIds EmbedPass::encode(const Batch& batch, const Buffers& buffers, MatrixView hidden) const {
  const Offsets offsets = tokens_.offsets.subspan(batch.first, batch.last - batch.first + 1);
  std::transform(offsets.begin(), offsets.end(), buffers.offsets,
                 [&](std::int64_t offset) { return offset - offsets.front(); });
  const TokenIds tokens = {.ids = slice(tokens_.ids, offsets.front(), hidden.rows),
                           .types = slice(tokens_.types, offsets.front(), hidden.rows),
                           .offsets = {buffers.offsets, offsets.size()}};
  EncoderPass(state_, encoder_, tokens, hidden).run(buffers.op);
  return tokens;
}

MatrixView EmbedPass::pool(ConstMatrixView hidden, Offsets offsets, const Buffers& buffers) const {
  const auto rows = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t width = encoder_.hidden_size() * static_cast<std::int64_t>(rules_.pooling.size());
  float* out = buffers.vectors;
  for (const Pooling pooling : rules_.pooling) {
    ops::pool(state_, hidden, offsets, pooling, {out, rows, encoder_.hidden_size(), width}, rules_.skipped);
    out += encoder_.hidden_size();
  }
  return {buffers.vectors, rows, width, width};
}

MatrixView EmbedPass::step(const PackedStep& step, MatrixView x, Buffers& buffers) const {
  if (step.is_norm()) {
    ops::normalize(state_, x, x);
    return x;
  }
  const MatrixView out = {buffers.next, x.rows, step.out, step.out};
  ops::linear(state_, x, step.weights, 0, out, buffers.op, {.activation = step.activation});
  std::swap(buffers.vectors, buffers.next);
  return out;
}

void EmbedPass::finish(ConstMatrixView x, MatrixView out) const {
  if (rules_.normalizes) return ops::normalize(state_, x, out);
  copy_rows(x, out);
}

}  // namespace saccade::layers
