#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reference/attention_head.hpp"

namespace saccade::test {

/// y = x W^T + b with weight [out][in], row by row, in double precision; no bias where empty.
std::vector<double> linear(std::span<const double> x, std::span<const float> weight,
                           std::span<const float> bias, std::int64_t in, std::int64_t out);

double relu(double x);

/// exp(x_j) / sum_k exp(x_k), by the largest x; an empty row stays empty.
std::vector<double> softmax(std::span<const double> x);

/// scale q_i . k_j, capped, with biases.
double score(const AttentionHead& head, std::int64_t query, std::int64_t key);
/// How far an fp32 score that keeps the contract can be from score()'s.
double score_tolerance(const AttentionHead& head, std::int64_t query, std::int64_t key);

/// out_i = sum_j softmax_j(score) v_j over the keys that query i sees, the sink in the denominator; zeros
/// where it sees none.
AttentionResult<double> attention(const AttentionHead& head);

/// How far fp32 results that keep the contract can be from attention()'s.
AttentionResult<double> attention_tolerance(const AttentionHead& head);

/// A self-attention layer's weights, row by row; no output projection where output_weight is empty.
struct LayerWeights {
  std::int64_t width = 0;
  std::int64_t heads = 1;
  std::int64_t head_dim = 0;
  std::int64_t output_width = 0;
  std::vector<float> query_weight = {}, query_bias = {}, key_weight = {}, key_bias = {}, value_weight = {},
                     value_bias = {}, output_weight = {}, output_bias = {};

  [[nodiscard]] std::int64_t context_width() const noexcept { return heads * head_dim; }
};

struct LayerResult {
  std::vector<double> z;
  std::vector<double> context;
  std::vector<double> probabilities;  ///< [heads][tokens][tokens]
};

/// One sequence x [tokens][width] through the layer.
LayerResult self_attention(const LayerWeights& weights, std::span<const float> x,
                           std::int64_t left = unlimited, std::int64_t right = unlimited);

}  // namespace saccade::test
