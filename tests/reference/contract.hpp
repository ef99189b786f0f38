#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "reference/attention_head.hpp"

// The numerical contract (engine/README.md) as straight loops over single fp32 values: nothing is blocked,
// packed or vectorised here but what the contract itself says. Kernels must give these bits.

namespace saccade::test::contract {

/// sum_k a_k b_k: pieces of 256 in depth, each one chain of fused multiply-adds from +0, added in order.
float matrix_element(const float* a, const float* b, std::int64_t depth);

/// What follows the sum, in this order: + bias, relu, + residual.
struct Epilogue {
  const float* bias = nullptr;
  bool relu = false;
  const float* residual = nullptr;
};
float finish(float sum, const Epilogue& epilogue);

/// x W^T + b with weight [out][in]; no bias where empty.
std::vector<float> linear(const std::vector<float>& x, const std::vector<float>& weight,
                          const std::vector<float>& bias, std::int64_t in, std::int64_t out);

/// 2^(u c - m): see Powers for m.
float power(float u, float c, float m);

/// The powers of a block's scores relative to 2^m, and their sum by sixteen lanes.
struct Powers {
  float m = 0.0f;
  float sum = 0.0f;
  std::vector<float> p;  ///< of the visible keys
};
/// `scores` of visible keys, of which the first is at position `first` of its block.
Powers powers_of(const std::vector<float>& scores, std::int64_t first, float scale);

AttentionResult<float> attention(const AttentionHead& head);

/// Softmax of one row, as a row of attention's probabilities.
std::vector<float> softmax(const std::vector<float>& scores, float scale);

}  // namespace saccade::test::contract
