#pragma once

// The contract's activations, as plain fp32 like contract.hpp.

namespace saccade::test::contract {

float relu(float x);
float gelu(float x);
float gelu_tanh(float x);
float silu(float x);

}  // namespace saccade::test::contract
