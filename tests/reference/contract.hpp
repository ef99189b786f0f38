#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "reference/attention_head.hpp"
#include "saccade/attention.hpp"
#include "saccade/engine.hpp"

// The numerical contract (docs/numerics.md) as straight loops over single fp32 values: nothing is blocked,
// packed or vectorised here but what the contract itself says. Kernels must give these bits.

namespace saccade::test::contract {

/// sum_k a_k b_k: pieces of 256 in depth, each one chain of fused multiply-adds from +0, added in order. In
/// fp64 chains are in double, the first from `begin` and rounded to fp32, the others added to before that.
float matrix_element(const float* a, const float* b, std::int64_t depth,
                     Accumulation accumulation = Accumulation::fp32, float begin = 0.0f);

/// What follows the sum, in this order: + bias, activation, * gate, + residual.
struct Epilogue {
  const float* bias = nullptr;
  float (*activation)(float) = nullptr;
  const float* gate = nullptr;
  const float* residual = nullptr;
};
float finish(float sum, const Epilogue& epilogue);

/// An element of a linear layer: in fp64 the chain begins at the bias and, where it comes next, the residual.
float linear_element(const float* a, const float* b, std::int64_t depth, Epilogue epilogue,
                     Accumulation accumulation = Accumulation::fp32);

/// x W^T + b with weight [out][in]; no bias where empty.
std::vector<float> linear(const std::vector<float>& x, const std::vector<float>& weight,
                          const std::vector<float>& bias, std::int64_t in, std::int64_t out);

/// 2^(u c - m): see Powers for m.
float power(float u, float c, float m);

/// 2^f for |f| <= 1/2.
float power_fraction(float f);
float tanh(float x);
/// Of a normal number, 0, infinity or NaN.
float log2(float x);

/// The powers of a block's scores relative to 2^m, and their sum by sixteen lanes.
struct Powers {
  float m = 0.0f;
  float sum = 0.0f;
  std::vector<float> p;  ///< of the visible keys
};
/// 2^(u c - m) of the visible keys, each at its position in the block.
Powers powers_of(std::vector<float> u, const std::vector<std::int64_t>& positions, float c);

AttentionResult<float> attention(const AttentionHead& head);

/// Scores [queries][keys] on their way to the softmax.
std::vector<float> scores(const AttentionHead& head, ScorePoint point);

/// Of the visible keys whose scores are neither NaN nor -infinity.
TopResult top_keys(const AttentionHead& head, std::int64_t k);

/// Softmax of one row, as a row of attention's probabilities.
std::vector<float> softmax(const std::vector<float>& scores, float scale);

}  // namespace saccade::test::contract
