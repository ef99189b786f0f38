#include "saccade/self_attention.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/public_call.hpp"
#include "core/require.hpp"
#include "layers/flops.hpp"
#include "layers/self_attention_pass.hpp"
#include "ops/attention/validate.hpp"
#include "saccade/error.hpp"

namespace saccade {

namespace {

void validate(const LinearWeights& w, const std::string& name) {
  const auto size = core::checked_multiply(w.out, w.in);
  if (!size)
    throw Error(ErrorCode::invalid_argument, name + " maps " + std::to_string(w.in) + " to " +
                                                 std::to_string(w.out) +
                                                 " values, more weights than memory can hold");
  core::require_equal(name + ".weight's size", static_cast<std::int64_t>(w.weight.size()), "out x in", *size);
  if (!w.bias.empty())
    core::require_equal(name + ".bias's size", static_cast<std::int64_t>(w.bias.size()), "out", w.out);
}

void validate(const SelfAttentionWeights& w, std::int64_t heads) {
  const auto positive = [](const char* name, std::int64_t n) {
    if (n < 1)
      throw Error(ErrorCode::invalid_argument,
                  std::string(name) + " is " + std::to_string(n) + "; expected 1 or more");
  };
  positive("heads", heads);
  positive("query.in", w.query.in);
  positive("query.out", w.query.out);
  core::require_equal("key.in", w.key.in, "query.in", w.query.in);
  core::require_equal("key.out", w.key.out, "query.out", w.query.out);
  core::require_equal("value.in", w.value.in, "query.in", w.query.in);
  core::require_equal("value.out", w.value.out, "query.out", w.query.out);
  if (w.query.out % heads != 0)
    throw Error(ErrorCode::invalid_argument, std::to_string(heads) + " heads do not divide the " +
                                                 std::to_string(w.query.out) + " outputs of query");
  if (w.output.out != 0) core::require_equal("output.in", w.output.in, "value.out", w.value.out);
  validate(w.query, "query");
  validate(w.key, "key");
  validate(w.value, "value");
  validate(w.output, "output");
}

ops::LinearView view_of(const LinearWeights& map) {
  const std::int64_t rows = map.input_major ? map.in : map.out, columns = map.input_major ? map.out : map.in;
  ops::LinearView view = {.weight = {map.weight.data(), StorageType::f32, rows, columns, columns},
                          .bias = {},
                          .input_major = map.input_major};
  if (!map.bias.empty()) view.bias = {map.bias.data(), StorageType::f32, 1, map.out, map.out};
  return view;
}

void validate_batch(const layers::PackedSelfAttention& packed, const RaggedView& batch, std::int64_t rows,
                    const MatrixView& z, const MatrixView& context) {
  ops::validate(batch.x, "x");
  core::require_equal("x.columns", batch.x.columns, "the layer's width", packed.shape.hidden_size);
  ops::validate(batch.offsets, batch.x.rows);
  ops::validate(z, "z");
  core::require_equal("z.rows", z.rows, "the rows wanted", rows);
  core::require_equal("z.columns", z.columns, "the layer's output width", packed.output_size);
  if (context.data == nullptr) return;
  ops::validate(context, "context");
  core::require_equal("context.rows", context.rows, "the rows wanted", rows);
  core::require_equal("context.columns", context.columns, "heads x head_dim", packed.shape.query_size());
}

void validate_rows(Offsets offsets, std::span<const std::int64_t> rows) {
  for (const std::int64_t row : rows) {
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
      const std::int64_t length = offsets[s + 1] - offsets[s];
      if (row < 0 || row >= length)
        throw Error(ErrorCode::invalid_argument, "row " + std::to_string(row) + " of sequence " +
                                                     std::to_string(s) + ", which has " +
                                                     std::to_string(length) + " tokens");
    }
  }
}

}  // namespace

SelfAttention::SelfAttention(Engine& engine, const SelfAttentionWeights& weights, std::int64_t heads) try {
  validate(weights, heads);
  layers::SelfAttentionViews views = {
      view_of(weights.query), view_of(weights.key), view_of(weights.value), {}};
  if (weights.output.out != 0) views.output = view_of(weights.output);
  state_ = std::make_unique<const State>(
      State{layers::pack_self_attention(scheduler::context_of(engine), views, heads)});
} catch (...) {
  core::rethrow_as_error();
}

SelfAttention::SelfAttention(std::unique_ptr<const State> state) : state_(std::move(state)) {}
SelfAttention::SelfAttention(SelfAttention&&) noexcept = default;
SelfAttention& SelfAttention::operator=(SelfAttention&&) noexcept = default;
SelfAttention::~SelfAttention() = default;

std::int64_t SelfAttention::width() const noexcept {
  return state_->packed.shape.hidden_size;
}
std::int64_t SelfAttention::heads() const noexcept {
  return state_->packed.shape.num_attention_heads;
}
std::int64_t SelfAttention::context_width() const noexcept {
  return state_->packed.shape.query_size();
}
std::int64_t SelfAttention::output_width() const noexcept {
  return state_->packed.output_size;
}

double SelfAttention::flops(Offsets offsets, Window window) const {
  const double tokens = offsets.empty() ? 0.0 : static_cast<double>(offsets.back() - offsets.front());
  const double output = state_->packed.has_output()
                            ? static_cast<double>(context_width()) * static_cast<double>(output_width())
                            : 0.0;
  return 2.0 * (tokens * (layers::qkv_products(state_->packed.shape) + output) +
                layers::attention_products(state_->packed.shape, offsets, window));
}

std::size_t SelfAttention::workspace(const Engine& engine, Offsets offsets,
                                     std::span<const std::int64_t> rows) const try {
  ops::validate(offsets, offsets.empty() ? 0 : offsets.back());
  if (offsets.size() == 1) return 0;
  return layers::SelfAttentionPass(scheduler::context_of(engine), state_->packed,
                                   {.offsets = offsets, .positions = rows})
      .workspace();
} catch (...) {
  core::rethrow_as_error();
}

void SelfAttention::forward(Engine& engine, const RaggedView& batch, MatrixView z,
                            const ForwardOptions& options) const try {
  validate_batch(state_->packed, batch, batch.x.rows, z, options.context);
  ops::validate(options.window);
  ops::validate(options.probabilities, batch.offsets, heads());
  layers::SelfAttentionPass(scheduler::context_of(engine), state_->packed,
                            {.x = batch.x,
                             .offsets = batch.offsets,
                             .z = z,
                             .context = options.context,
                             .window = options.window,
                             .probabilities = options.probabilities})
      .run();
} catch (...) {
  core::rethrow_as_error();
}

void SelfAttention::forward_rows(Engine& engine, const RaggedView& batch, std::span<const std::int64_t> rows,
                                 MatrixView z, const ForwardRowsOptions& options) const try {
  const std::int64_t sequences =
      std::max<std::int64_t>(static_cast<std::int64_t>(batch.offsets.size()), 1) - 1;
  const std::int64_t all_rows = sequences * static_cast<std::int64_t>(rows.size());
  validate_batch(state_->packed, batch, all_rows, z, options.context);
  validate_rows(batch.offsets, rows);
  ops::validate(options.window);
  if (!options.probabilities.empty())
    core::require_equal("probabilities' size", static_cast<std::int64_t>(options.probabilities.size()),
                        "heads x rows x tokens",
                        heads() * static_cast<std::int64_t>(rows.size()) * batch.x.rows);
  if (rows.empty()) return;
  layers::SelfAttentionPass(scheduler::context_of(engine), state_->packed,
                            {.x = batch.x,
                             .offsets = batch.offsets,
                             .positions = rows,
                             .z = z,
                             .context = options.context,
                             .window = options.window,
                             .row_probabilities = options.probabilities})
      .run();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
