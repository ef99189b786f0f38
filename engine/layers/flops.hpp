#pragma once

#include "layers/packed_encoder.hpp"
#include "saccade/attention.hpp"

namespace saccade::layers {

/// Pairs of a query and a visible key in a sequence of n tokens.
[[nodiscard]] double visible_pairs(std::int64_t n, const Window& window) noexcept;

// Products of two numbers, a multiply-add counted as one.

/// Of a token with the query, key and value maps.
[[nodiscard]] double qkv_products(const AttentionShape& shape) noexcept;
/// Of queries with keys and probabilities with values, in all sequences.
[[nodiscard]] double attention_products(const AttentionShape& shape, Offsets offsets,
                                        const Window& window) noexcept;

/// Floating-point operations of an encoder's products over these sequences, a multiply-add counted as two.
[[nodiscard]] double encoder_flops(const PackedEncoder& encoder, Offsets offsets) noexcept;

}  // namespace saccade::layers
