#include "ops/layer_norm.hpp"

#include "scheduler/row_blocks.hpp"

namespace saccade::ops {
namespace {

/// Rows of a task: some microseconds of work, and enough tasks to balance threads of unequal speed.
constexpr std::int64_t task_rows = 32;

}  // namespace

void layer_norm(scheduler::ExecutionContext& state, ConstMatrixView x, const LayerNormWeights& weights,
                MatrixView out) noexcept {
  scheduler::run_row_blocks(state, x.rows, task_rows, [&](std::int64_t row, std::int64_t rows) noexcept {
    state.kernels->layer_norm({.x = x.data + row * x.row_stride,
                               .x_stride = x.row_stride,
                               .rows = rows,
                               .width = x.columns,
                               .gamma = weights.gamma.data(),
                               .beta = weights.beta.empty() ? nullptr : weights.beta.data(),
                               .epsilon = weights.epsilon,
                               .out = out.data + row * out.row_stride,
                               .out_stride = out.row_stride});
  });
}

void normalize(scheduler::ExecutionContext& state, ConstMatrixView x, MatrixView out) noexcept {
  scheduler::run_row_blocks(state, x.rows, task_rows, [&](std::int64_t row, std::int64_t rows) noexcept {
    state.kernels->normalize({.x = x.data + row * x.row_stride,
                              .x_stride = x.row_stride,
                              .rows = rows,
                              .width = x.columns,
                              .out = out.data + row * out.row_stride,
                              .out_stride = out.row_stride});
  });
}

}  // namespace saccade::ops
