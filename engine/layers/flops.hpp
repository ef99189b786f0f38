#pragma once

#include "layers/packed_encoder.hpp"
#include "saccade/attention.hpp"

namespace saccade::layers {

/// Pairs of a query and a key that it sees in a sequence of n tokens.
[[nodiscard]] double visible_pairs(std::int64_t n, const Window& window) noexcept;

/// Floating-point operations of an encoder's products over these sequences, a multiply-add counted as two.
[[nodiscard]] double encoder_flops(const PackedEncoder& encoder, Offsets offsets) noexcept;

}  // namespace saccade::layers
