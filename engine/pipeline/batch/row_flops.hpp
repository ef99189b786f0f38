#pragma once

#include <cstdint>
#include <span>

#include "saccade/self_attention.hpp"

namespace saccade::pipeline {

/// Floating-point operations of SelfAttention::attend(): keys and values of every token, and for each row its
/// query, its attention to the keys it sees, and its output.
[[nodiscard]] double row_flops(const SelfAttention& layer, Offsets offsets, Window window,
                               std::span<const std::int64_t> rows);

}  // namespace saccade::pipeline
