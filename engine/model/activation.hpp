#pragma once

#include <cstdint>

namespace saccade::model {

/// What is done to each output of a linear map: relu(x) = max(x, 0); gelu(x) = x Phi(x) with Phi by erf;
/// gelu_tanh the same with Phi by the tanh formula (Hendrycks and Gimpel, arXiv:1606.08415);
/// silu(x) = x / (1 + exp(-x)).
enum class Activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, tanh };

}  // namespace saccade::model
