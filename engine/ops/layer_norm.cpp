#include "ops/layer_norm.hpp"

#include "core/require.hpp"
#include "ops/attention/validate.hpp"
#include "saccade/error.hpp"
#include "scheduler/row_blocks.hpp"

namespace saccade::ops {
namespace {

/// Rows of a task: some microseconds of work, and enough tasks to balance threads of unequal speed.
constexpr std::int64_t task_rows = 32;

/// Below this fp32 represents the number of columns exactly.
constexpr std::int64_t most_columns = std::int64_t{1} << 24;

void validate(ConstMatrixView x, ConstMatrixView out) {
  ops::validate(x, "x");
  ops::validate(out, "out");
  core::require_equal("out.rows", out.rows, "x.rows", x.rows);
  core::require_equal("out.columns", out.columns, "x.columns", x.columns);
  if (x.columns >= most_columns)
    throw Error(ErrorCode::invalid_argument, "x.columns is " + std::to_string(x.columns) +
                                                 "; expected less than " + std::to_string(most_columns));
}

void validate(const LayerNormWeights& weights, std::int64_t columns) {
  core::require_equal("gamma's size", static_cast<std::int64_t>(weights.gamma.size()), "x.columns", columns);
  if (!weights.beta.empty())
    core::require_equal("beta's size", static_cast<std::int64_t>(weights.beta.size()), "x.columns", columns);
}

}  // namespace

void layer_norm(Engine::State& state, ConstMatrixView x, const LayerNormWeights& weights, MatrixView out) {
  validate(x, out);
  validate(weights, x.columns);
  scheduler::run_row_blocks(state, x.rows, task_rows, [&](std::int64_t row, std::int64_t rows) {
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

void normalize(Engine::State& state, ConstMatrixView x, MatrixView out) {
  validate(x, out);
  scheduler::run_row_blocks(state, x.rows, task_rows, [&](std::int64_t row, std::int64_t rows) {
    state.kernels->normalize({.x = x.data + row * x.row_stride,
                              .x_stride = x.row_stride,
                              .rows = rows,
                              .width = x.columns,
                              .out = out.data + row * out.row_stride,
                              .out_stride = out.row_stride});
  });
}

}  // namespace saccade::ops
