#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table/kernel_table.hpp"
#include "ops/packed_weights.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Bytes of workspace that linear() needs.
[[nodiscard]] std::size_t linear_workspace(const scheduler::ExecutionContext& state,
                                           const PackedWeights& weights) noexcept;

/// What is done to each element of x W^T + b, in this order: activation, * factor, + residual. Both matrices
/// have the shape of out, may be the same memory as out, and are left out where their data is null.
struct LinearEpilogue {
  kernels::Activation activation = kernels::Activation::none;
  ConstMatrixView factor = {};
  ConstMatrixView residual = {};
  const PackedWeights* next = nullptr;  ///< of the linear map that follows: its first panels are prefetched
};

/// out = epilogue(x W^T + b) for out.columns outputs from `column` on, a multiple of 16. out must not overlap
/// x.
void linear(scheduler::ExecutionContext& state, ConstMatrixView x, const PackedWeights& weights,
            std::int64_t column, MatrixView out, std::byte* workspace,
            const LinearEpilogue& epilogue = {}) noexcept;

}  // namespace saccade::ops
