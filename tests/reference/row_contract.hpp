#pragma once

#include <cstdint>
#include <vector>

// The contract's activations and what it says of rows, as straight loops like contract.hpp.

namespace saccade::test::contract {

float relu(float x);
float gelu(float x);
float gelu_tanh(float x);
float silu(float x);

/// Rows of `width` values each; no beta where empty.
std::vector<float> layer_norm(const std::vector<float>& x, std::int64_t width,
                              const std::vector<float>& gamma, const std::vector<float>& beta, float epsilon);
std::vector<float> normalize(const std::vector<float>& x, std::int64_t width);

/// One vector turned by the angles with these cosines and sines.
std::vector<float> rotate(const std::vector<float>& x, const std::vector<float>& cosines,
                          const std::vector<float>& sines);

/// sum_t weight_t x_t / by, column by column.
std::vector<float> pool(const std::vector<float>& x, std::int64_t width, const std::vector<float>& weights,
                        float by);

}  // namespace saccade::test::contract
