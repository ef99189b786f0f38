#pragma once

#include <cstdint>

namespace saccade::kernels {

/// relu(x) = x < 0 ? +0 : x; gelu.hpp, silu.hpp and tanh.hpp have the others.
enum class Activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, tanh };

}  // namespace saccade::kernels
