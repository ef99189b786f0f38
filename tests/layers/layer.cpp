#include "layers/layer.hpp"

#include <cmath>

namespace saccade::test {
namespace {

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

std::vector<float> coarse_values(Random& random, std::int64_t count) {
  std::vector<float> values = random.values(count);
  for (float& x : values) x = std::floor(x * 64.0f) * 0x1p-6f;
  return values;
}

MatrixView matrix(std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  return {values.data(), rows, columns, columns};
}

}  // namespace

LayerWeights made_up_weights(std::int64_t width, std::int64_t heads, std::int64_t head_dim,
                             std::int64_t output_width, std::uint64_t seed) {
  Random random(seed);
  const std::int64_t context = heads * head_dim;
  LayerWeights w = {width, heads, head_dim, output_width};
  for (auto* weight : {&w.query_weight, &w.key_weight, &w.value_weight})
    *weight = coarse_values(random, context * width);
  for (auto* bias : {&w.query_bias, &w.key_bias, &w.value_bias}) *bias = coarse_values(random, context);
  w.output_weight = coarse_values(random, output_width * context);
  w.output_bias = coarse_values(random, output_width);
  return w;
}

SelfAttentionWeights views_of(const LayerWeights& w) {
  const std::int64_t context = w.context_width();
  SelfAttentionWeights views = {.query = {context, w.width, w.query_weight, w.query_bias},
                                .key = {context, w.width, w.key_weight, w.key_bias},
                                .value = {context, w.width, w.value_weight, w.value_bias},
                                .output = {}};
  if (!w.output_weight.empty()) views.output = {w.output_width, context, w.output_weight, w.output_bias};
  return views;
}

LayerBatch LayerBatch::of(std::int64_t width, const std::vector<std::int64_t>& lengths) {
  LayerBatch batch = {width, {0}, {}};
  for (const std::int64_t length : lengths) {
    const std::vector<float> values = Random(static_cast<std::uint64_t>(length)).values(length * width);
    batch.x.insert(batch.x.end(), values.begin(), values.end());
    batch.offsets.push_back(batch.offsets.back() + length);
  }
  return batch;
}

LayerBatch LayerBatch::sequence(std::size_t s) const {
  return {width, {0, length(s)}, rows_of(x, width, offsets[s], length(s))};
}

LayerOutput forward(Engine& engine, const SelfAttention& layer, const LayerBatch& batch, const Window& window,
                    std::span<const ProbabilitiesRequest> probabilities) {
  LayerOutput out = {std::vector<float>(index(batch.tokens() * layer.output_width()), NAN),
                     std::vector<float>(index(batch.tokens() * layer.context_width()), NAN)};
  layer.forward(engine, batch.view(), matrix(out.z, batch.tokens(), layer.output_width()),
                {.window = window,
                 .context = matrix(out.context, batch.tokens(), layer.context_width()),
                 .probabilities = probabilities});
  return out;
}

RowsOutput attend(Engine& engine, const SelfAttention& layer, const LayerBatch& batch,
                  const std::vector<std::int64_t>& rows, const Window& window) {
  const auto count = static_cast<std::int64_t>(batch.sequences() * rows.size());
  RowsOutput out = {std::vector<float>(index(count * layer.output_width()), NAN),
                    std::vector<float>(index(count * layer.context_width()), NAN),
                    std::vector<float>(
                        index(layer.heads() * static_cast<std::int64_t>(rows.size()) * batch.tokens()), NAN)};
  layer.forward_rows(engine, batch.view(), rows, matrix(out.z, count, layer.output_width()),
                     {.window = window,
                      .context = matrix(out.context, count, layer.context_width()),
                      .probabilities = out.probabilities});
  return out;
}

std::vector<float> rows_of(const std::vector<float>& values, std::int64_t width, std::int64_t first,
                           std::int64_t count) {
  const auto begin = values.begin() + first * width;
  return {begin, begin + count * width};
}

}  // namespace saccade::test
