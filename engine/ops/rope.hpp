#pragma once

#include <cstdint>

#include "core/aligned_buffer.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Cosines and sines of the angles of a rotary position embedding: position times theta^(-2i / dims) for pair
/// i of dimensions.
struct RotaryTable {
  std::int64_t positions = 0;
  std::int64_t dims = 0;        ///< dimensions of a head that are rotated, even
  AlignedBuffer<float> values;  ///< [positions][dims]: dims / 2 cosines, then their sines
};

/// The table for positions 0 to positions - 1, computed in double with an error of about 1e-15 times the
/// position, then rounded to fp32. Throws Error{invalid_argument} for an odd or empty `dims`, for theta < 1,
/// and beyond 2^20 positions.
[[nodiscard]] RotaryTable make_rotary_table(scheduler::ExecutionContext& state, double theta,
                                            std::int64_t dims, std::int64_t positions);

/// Rotates each head's vector in place by its token's position in its sequence (Su et al. 2021,
/// arXiv:2104.09864; dimension i with i + dims / 2). x is fp32 and packed or fused, without sequence_stride.
/// Shapes fit together, and no sequence is longer than the table.
void rope(scheduler::ExecutionContext& state, const HeadsView& x, const RotaryTable& table,
          Offsets offsets) noexcept;

}  // namespace saccade::ops
