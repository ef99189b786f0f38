#include "layers/encoder_group.hpp"

#include <algorithm>

#include "core/as_size.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

MatrixView matrix(float* data, std::int64_t rows, std::int64_t columns, std::int64_t stride) noexcept {
  return {data, rows, columns, stride};
}

/// The places of the tokens from `first` on; none where there is no memory yet.
TopKeys from_token(TopKeys top, std::int64_t first) noexcept {
  if (top.keys != nullptr) top.keys += first * top.token_stride;
  if (top.probabilities != nullptr) top.probabilities += first * top.token_stride;
  return top;
}

/// To the rows from `first` on.
void copy_rows(ConstMatrixView from, MatrixView to, std::int64_t first) noexcept {
  if (to.data == nullptr) return;
  for (std::int64_t i = 0; i < from.rows; ++i)
    std::copy_n(from.data + i * from.row_stride, from.columns, to.data + (first + i) * to.row_stride);
}

}  // namespace

EncoderGroup::EncoderGroup(Engine::State& state, const PackedEncoder& encoder, const TokenIds& batch,
                           Sequences sequences, MatrixView hidden, const EncodeOptions& wanted)
    : state_(state),
      encoder_(encoder),
      batch_(batch),
      sequences_(sequences),
      tokens_(batch.offsets[sequences.last] - batch.offsets[sequences.first]),
      hidden_(hidden),
      wanted_(wanted) {}

void EncoderGroup::lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept {
  const PackedEncoder& e = encoder_;
  std::size_t op_bytes = e.projection.in == 0 ? 0 : ops::linear_workspace(state_, e.projection);
  for (const PackedBlock& block : e.blocks) {
    for (const ops::PackedWeights* weights : {&block.qkv, &block.output, &block.up, &block.down})
      op_bytes = std::max(op_bytes, ops::linear_workspace(state_, *weights));
  }
  for (std::size_t layer = 0; layer < e.stack.size(); ++layer)
    op_bytes = std::max(op_bytes, ops::attention_workspace(state_, attention(layer, {})));
  const std::int64_t qkv = 3 * e.part(), context = e.heads * e.head_dim;
  buffers.embedded = carver.take<float>(e.projection.in == 0 ? 0 : as_size(tokens_ * e.embedding_width()));
  buffers.normed = carver.take<float>(e.norm_first ? as_size(tokens_ * e.width) : 0);
  // Queries, keys and values are done with when the feed-forward begins.
  const std::int64_t up = e.up_part() * (e.gated ? 2 : 1);
  float* const shared = carver.take<float>(as_size(tokens_ * std::max(qkv + context, up)));
  buffers.qkv = buffers.up = shared;
  buffers.context = shared == nullptr ? nullptr : shared + tokens_ * qkv;
  buffers.gate = shared == nullptr ? nullptr : shared + tokens_ * e.up_part();
  buffers.op = carver.take<std::byte>(op_bytes);
}

std::size_t EncoderGroup::workspace() const noexcept {
  scheduler::Carver carver;
  Buffers buffers = {};
  lay_out(carver, buffers);
  return carver.used();
}

void EncoderGroup::run(std::byte* workspace) const {
  scheduler::Carver carver(workspace);
  Buffers buffers = {};
  lay_out(carver, buffers);
  if (tokens_ == 0) return;
  embed(buffers);
  for (std::size_t layer = 0; layer < encoder_.stack.size(); ++layer) run_block(layer, buffers);
  normalize(encoder_.final_norm, hidden_, hidden_);
}

/// Nothing where the norm is left out: x is out then.
void EncoderGroup::normalize(const PackedNorm& norm, ConstMatrixView x, MatrixView out) const {
  if (!norm.gamma.empty()) ops::layer_norm(state_, x, norm.weights(), out);
}

void EncoderGroup::embed(const Buffers& buffers) const {
  const PackedEncoder& e = encoder_;
  const bool projects = e.projection.in != 0;
  const MatrixView out =
      projects ? matrix(buffers.embedded, hidden_.rows, e.embedding_width(), e.embedding_width()) : hidden_;
  const auto of_group = [&](std::span<const std::int32_t> all) {
    return all.empty() ? all : all.subspan(as_size(offsets().front()), as_size(tokens_));
  };
  ops::embedding_lookup(state_, {of_group(batch_.ids), of_group(batch_.types), offsets()}, e.embeddings, out);
  normalize(e.embedding_norm, out, out);
  if (projects) ops::linear(state_, out, e.projection, 0, hidden_, buffers.op);
}

void EncoderGroup::run_block(std::size_t layer, const Buffers& buffers) const {
  const PackedEncoder& e = encoder_;
  const PackedBlock& block = e.blocks[e.stack[layer].block];
  const MatrixView normed = matrix(buffers.normed, hidden_.rows, e.width, e.width);
  const auto before = [&](const PackedNorm& norm) -> ConstMatrixView {
    if (!e.norm_first || norm.gamma.empty()) return hidden_;
    normalize(norm, hidden_, normed);
    return normed;
  };
  attend(layer, buffers, before(block.attention_norm));
  if (!e.norm_first) normalize(block.attention_norm, hidden_, hidden_);
  feed_forward(layer, buffers, before(block.output_norm));
  if (!e.norm_first) normalize(block.output_norm, hidden_, hidden_);
}

/// hidden = hidden + W_O attention(x).
void EncoderGroup::attend(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const {
  const PackedEncoder& e = encoder_;
  const StackPlace& place = e.stack[layer];
  const PackedBlock& block = e.blocks[place.block];
  const std::int64_t columns = 3 * e.part(), context = e.heads * e.head_dim;
  ops::linear(state_, x, block.qkv, 0, matrix(buffers.qkv, x.rows, columns, columns), buffers.op,
              {.next = &block.output});
  const ops::AttentionProblem problem = attention(layer, buffers);
  if (place.rotary >= 0) {
    const ops::RotaryTable& table = e.rotary[as_size(place.rotary)];
    for (float* const part : {buffers.qkv, buffers.qkv + e.part()})
      ops::rope(state_, {part, x.rows, e.heads, e.head_dim, columns, e.head_dim}, table, problem.offsets);
  }
  ops::attention(state_, problem, buffers.op);
  if (!wanted_.traces.empty()) trace(layer, buffers, x);
  ops::linear(state_, matrix(buffers.context, x.rows, context, context), block.output, 0, hidden_, buffers.op,
              {.residual = hidden_, .next = &block.up});
}

void EncoderGroup::trace(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const {
  const PackedEncoder& e = encoder_;
  const LayerTrace& wanted = wanted_.traces[layer];
  const std::int64_t first = offsets().front(), stride = 3 * e.part(), columns = e.heads * e.head_dim;
  copy_rows(x, wanted.input, first);
  copy_rows(matrix(buffers.qkv, x.rows, columns, stride), wanted.queries, first);
  copy_rows(matrix(buffers.qkv + e.part(), x.rows, columns, stride), wanted.keys, first);
  copy_rows(matrix(buffers.qkv + 2 * e.part(), x.rows, columns, stride), wanted.values, first);
  copy_rows(matrix(buffers.context, x.rows, columns, columns), wanted.context, first);
}

ops::AttentionProblem EncoderGroup::attention(std::size_t layer, const Buffers& buffers) const noexcept {
  const PackedEncoder& e = encoder_;
  const std::int64_t stride = 3 * e.part(), context = e.heads * e.head_dim;
  const auto view = [&](float* data, std::int64_t column, std::int64_t row_stride) -> HeadsView {
    return {data == nullptr ? nullptr : data + column, tokens_, e.heads, e.head_dim, row_stride, e.head_dim};
  };
  AttentionOptions options = {.window = e.stack[layer].window};
  if (!e.distance_bias.empty()) {
    const std::int64_t distances = 2 * e.max_tokens - 1;
    options.distance_bias = {.data = e.distance_bias.data(),
                             .count = distances,
                             .first_distance = 1 - e.max_tokens,
                             .head_stride = distances};
  }
  if (!wanted_.probabilities.empty()) {
    const auto all = wanted_.probabilities[layer];
    const auto before = [](const ProbabilitiesRequest& r, std::size_t s) { return as_size(r.sequence) < s; };
    const auto begin = std::lower_bound(all.begin(), all.end(), sequences_.first, before);
    options.probabilities = {begin, std::lower_bound(begin, all.end(), sequences_.last, before)};
  }
  if (!wanted_.top_keys.empty()) options.top_keys = from_token(wanted_.top_keys[layer], offsets().front());
  return {.q = view(buffers.qkv, 0, stride),
          .k = view(buffers.qkv, e.part(), stride),
          .v = view(buffers.qkv, 2 * e.part(), stride),
          .out = view(buffers.context, 0, context),
          .offsets = offsets(),
          .options = options,
          .first_sequence = static_cast<std::int64_t>(sequences_.first)};
}

/// hidden = hidden + W_down (activation(W_up x) * gate).
void EncoderGroup::feed_forward(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const {
  const PackedEncoder& e = encoder_;
  const PackedBlock& block = e.blocks[e.stack[layer].block];
  const MatrixView up = matrix(buffers.up, x.rows, e.feed_forward, e.up_part());
  ops::LinearEpilogue epilogue = {.activation = e.activation, .next = &block.down};
  if (e.gated) {
    const MatrixView gate = matrix(buffers.gate, x.rows, e.feed_forward, e.up_part());
    ops::linear(state_, x, block.up, e.up_part(), gate, buffers.op);
    epilogue.gate = gate;
  }
  ops::linear(state_, x, block.up, 0, up, buffers.op, epilogue);
  const bool last = layer + 1 == e.stack.size();
  ops::linear(state_, up, block.down, 0, hidden_, buffers.op,
              {.residual = hidden_, .next = last ? nullptr : &e.blocks[e.stack[layer + 1].block].qkv});
}

}  // namespace saccade::layers
