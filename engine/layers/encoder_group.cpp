#include "layers/encoder_group.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "layers/copy_rows.hpp"

namespace saccade::layers {
namespace {

using core::as_size;

MatrixView matrix(float* data, std::int64_t rows, std::int64_t columns, std::int64_t stride) noexcept {
  return {data, rows, columns, stride};
}

/// `top` advanced by `first` tokens; null pointers stay null (nothing is requested, or the workspace is only
/// being counted).
TopKeys from_token(TopKeys top, std::int64_t first) noexcept {
  if (top.keys != nullptr) top.keys += first * top.token_stride;
  if (top.probabilities != nullptr) top.probabilities += first * top.token_stride;
  return top;
}

}  // namespace

EncoderGroup::EncoderGroup(scheduler::ExecutionContext& state, const PackedEncoder& encoder,
                           const TokenIds& batch, Sequences sequences, MatrixView hidden,
                           const EncodeOptions& options)
    : state_(state),
      encoder_(encoder),
      batch_(batch),
      sequences_(sequences),
      tokens_(batch.offsets[sequences.last] - batch.offsets[sequences.first]),
      hidden_(hidden),
      options_(options) {}

void EncoderGroup::lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept {
  const PackedEncoder& e = encoder_;
  const BlockShape& shape = e.shape;
  const bool projects = e.projects_embeddings();
  std::size_t op_bytes = projects ? ops::linear_workspace(state_, e.embedding_projection) : 0;
  for (const PackedBlock& block : e.blocks) {
    for (const ops::PackedWeights* weights :
         {&block.qkv, &block.attention_output, &block.gate_up, &block.down})
      op_bytes = std::max(op_bytes, ops::linear_workspace(state_, *weights));
  }
  for (std::size_t layer = 0; layer < e.layers.size(); ++layer)
    op_bytes = std::max(op_bytes, ops::attention_workspace(state_, attention(layer, {})));
  buffers.embedded = carver.take<float>(projects ? as_size(tokens_ * e.embedding_size()) : 0);
  buffers.normed = carver.take<float>(shape.norm_first() ? as_size(tokens_ * e.hidden_size()) : 0);
  // The feed-forward begins when queries, keys, values and context are no longer needed.
  const std::int64_t qkv = shape.attention.qkv_columns(), context = shape.attention.query_size();
  const std::int64_t inner = shape.intermediate_columns() * (shape.gated() ? 2 : 1);
  float* const shared = carver.take<float>(as_size(tokens_ * std::max(qkv + context, inner)));
  buffers.qkv = buffers.inner = shared;
  buffers.context = shared == nullptr ? nullptr : shared + tokens_ * qkv;
  buffers.factor = shared == nullptr ? nullptr : shared + tokens_ * shape.intermediate_columns();
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
  for (std::size_t layer = 0; layer < encoder_.layers.size(); ++layer) run_block(layer, buffers);
  normalize(encoder_.final_norm, hidden_, hidden_);
}

/// Does nothing where there is no norm: out is x then.
void EncoderGroup::normalize(const PackedNorm& norm, ConstMatrixView x, MatrixView out) const {
  if (!norm.gamma.empty()) ops::layer_norm(state_, x, norm.weights(), out);
}

void EncoderGroup::embed(const Buffers& buffers) const {
  const PackedEncoder& e = encoder_;
  const bool projects = e.projects_embeddings();
  const MatrixView out =
      projects ? matrix(buffers.embedded, hidden_.rows, e.embedding_size(), e.embedding_size()) : hidden_;
  const auto of_group = [&](std::span<const std::int32_t> all) {
    return all.empty() ? all : all.subspan(as_size(offsets().front()), as_size(tokens_));
  };
  ops::embedding_lookup(state_, {of_group(batch_.ids), of_group(batch_.types), offsets()}, e.embeddings, out);
  normalize(e.embedding_norm, out, out);
  if (projects) ops::linear(state_, out, e.embedding_projection, 0, hidden_, buffers.op);
}

void EncoderGroup::run_block(std::size_t layer, const Buffers& buffers) const {
  const PackedEncoder& e = encoder_;
  const PackedBlock& block = e.block_of(layer);
  const bool norm_first = e.shape.norm_first();
  const MatrixView normed = matrix(buffers.normed, hidden_.rows, e.hidden_size(), e.hidden_size());
  const auto input = [&](const PackedNorm& norm) -> ConstMatrixView {
    if (!norm_first || norm.gamma.empty()) return hidden_;
    normalize(norm, hidden_, normed);
    return normed;
  };
  run_attention(layer, buffers, input(block.attention_norm));
  if (!norm_first) normalize(block.attention_norm, hidden_, hidden_);
  run_feed_forward(layer, buffers, input(block.feed_forward_norm));
  if (!norm_first) normalize(block.feed_forward_norm, hidden_, hidden_);
}

/// hidden = hidden + W_O attention(x).
void EncoderGroup::run_attention(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const {
  const PackedBlock& block = encoder_.block_of(layer);
  const AttentionShape& shape = encoder_.shape.attention;
  const std::int64_t columns = shape.qkv_columns(), context = shape.query_size();
  ops::linear(state_, x, block.qkv, 0, matrix(buffers.qkv, x.rows, columns, columns), buffers.op,
              {.next = &block.attention_output});
  const ops::AttentionProblem problem = attention(layer, buffers);
  if (encoder_.layers[layer].rotary >= 0) {
    const ops::RotaryTable& table = encoder_.rotary[as_size(encoder_.layers[layer].rotary)];
    ops::rope(state_, queries(buffers), table, problem.offsets);
    ops::rope(state_, keys(buffers, 0), table, problem.offsets);
  }
  ops::attention(state_, problem, buffers.op);
  if (!options_.traces.empty()) trace(options_.traces[layer], buffers, x);
  ops::linear(state_, matrix(buffers.context, x.rows, context, context), block.attention_output, 0, hidden_,
              buffers.op, {.residual = hidden_, .next = &block.gate_up});
}

void EncoderGroup::trace(const LayerTrace& copies, const Buffers& buffers, ConstMatrixView x) const {
  const AttentionShape& shape = encoder_.shape.attention;
  const std::int64_t first = offsets().front(), stride = shape.qkv_columns();
  const auto copy = [&](MatrixView to, const float* data, std::int64_t columns, std::int64_t row_stride) {
    if (to.data != nullptr) copy_rows({data, x.rows, columns, row_stride}, to, first);
  };
  float* const keys = buffers.qkv + shape.query_columns();
  copy(copies.input, x.data, x.columns, x.row_stride);
  copy(copies.queries, buffers.qkv, shape.query_size(), stride);
  copy(copies.keys, keys, shape.key_size(), stride);
  copy(copies.values, keys + shape.key_columns(), shape.key_size(), stride);
  copy(copies.context, buffers.context, shape.query_size(), shape.query_size());
}

HeadsView EncoderGroup::queries(const Buffers& buffers) const noexcept {
  const AttentionShape& shape = encoder_.shape.attention;
  return {buffers.qkv,         tokens_,       shape.num_attention_heads, shape.head_dim,
          shape.qkv_columns(), shape.head_dim};
}

HeadsView EncoderGroup::keys(const Buffers& buffers, std::int64_t column) const noexcept {
  const AttentionShape& shape = encoder_.shape.attention;
  float* const data = buffers.qkv == nullptr ? nullptr : buffers.qkv + shape.query_columns() + column;
  return {data, tokens_, shape.num_key_value_heads, shape.head_dim, shape.qkv_columns(), shape.head_dim};
}

ops::AttentionProblem EncoderGroup::attention(std::size_t layer, const Buffers& buffers) const noexcept {
  const PackedEncoder& e = encoder_;
  const AttentionShape& shape = e.shape.attention;
  AttentionOptions options = {.window = e.layers[layer].shape.window};
  if (!e.distance_bias.empty()) {
    const std::int64_t distances = 2 * e.max_tokens - 1;
    options.distance_bias = {.data = e.distance_bias.data(),
                             .count = distances,
                             .first_distance = 1 - e.max_tokens,
                             .head_stride = distances};
  }
  if (!options_.probabilities.empty()) {
    const auto all = options_.probabilities[layer];
    const auto before = [](const ProbabilitiesRequest& r, std::size_t s) { return as_size(r.sequence) < s; };
    const auto begin = std::lower_bound(all.begin(), all.end(), sequences_.first, before);
    options.probabilities = {begin, std::lower_bound(begin, all.end(), sequences_.last, before)};
  }
  if (!options_.top_keys.empty()) options.top_keys = from_token(options_.top_keys[layer], offsets().front());
  return {.q = queries(buffers),
          .k = keys(buffers, 0),
          .v = keys(buffers, shape.key_columns()),
          .out = HeadsView{buffers.context, tokens_, shape.num_attention_heads, shape.head_dim,
                           shape.query_size(), shape.head_dim},
          .offsets = offsets(),
          .options = options,
          .first_sequence = static_cast<std::int64_t>(sequences_.first)};
}

/// hidden = hidden + W_down f(x), f as FeedForwardKind says.
void EncoderGroup::run_feed_forward(std::size_t layer, const Buffers& buffers, ConstMatrixView x) const {
  const BlockShape& shape = encoder_.shape;
  const PackedBlock& block = encoder_.block_of(layer);
  const std::int64_t columns = shape.intermediate_columns();
  const MatrixView inner = matrix(buffers.inner, x.rows, shape.intermediate_size, columns);
  ops::LinearEpilogue epilogue = {.activation = shape.activation, .next = &block.down};
  if (shape.gated()) {
    const MatrixView up = matrix(buffers.factor, x.rows, shape.intermediate_size, columns);
    ops::linear(state_, x, block.gate_up, columns, up, buffers.op);
    epilogue.factor = up;
  }
  ops::linear(state_, x, block.gate_up, 0, inner, buffers.op, epilogue);
  const bool last = layer + 1 == encoder_.layers.size();
  ops::linear(state_, inner, block.down, 0, hidden_, buffers.op,
              {.residual = hidden_, .next = last ? nullptr : &encoder_.block_of(layer + 1).qkv});
}

}  // namespace saccade::layers
