#include "ops/linear.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "kernels/table/cpu_features.hpp"
#include "scheduler/parallel.hpp"
#include "scheduler/row_blocks.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::blocks_of;
using kernels::matmul_rows;
using kernels::panel_width;
using kernels::round_up;

/// Columns of one task: all of them where there are row blocks enough to keep the threads busy (each block of
/// rows is then read by one core only), else as many as make four tasks a thread, in whole tiles.
std::int64_t columns_per_task(const scheduler::ExecutionContext& state, std::int64_t rows,
                              std::int64_t columns) noexcept {
  const std::int64_t tasks = 4 * state.threads, row_blocks = blocks_of(rows, matmul_rows);
  if (state.threads == 1 || row_blocks >= tasks) return columns;
  return round_up(blocks_of(columns, blocks_of(tasks, row_blocks)),
                  std::max<std::int64_t>(state.kernels->tile_columns, 64));
}

const float* element_or_null(ConstMatrixView m, std::int64_t row, std::int64_t column) noexcept {
  return m.data == nullptr ? nullptr : m.data + row * m.row_stride + column;
}

}  // namespace

std::size_t linear_workspace(const scheduler::ExecutionContext& state,
                             const PackedWeights& weights) noexcept {
  scheduler::Carver carver;
  for (int slot = 0; slot < state.threads; ++slot)
    (void)carver.take<float>(as_size(kernels::matmul_scratch(weights.in, weights.format)));
  return carver.used();
}

void linear(scheduler::ExecutionContext& state, ConstMatrixView x, const PackedWeights& weights,
            std::int64_t column, MatrixView out, std::byte* workspace,
            const LinearEpilogue& epilogue) noexcept {
  if (x.rows == 0) return;
  const std::int64_t per_task = columns_per_task(state, x.rows, out.columns);
  const std::int64_t column_tasks = blocks_of(out.columns, per_task);
  const std::int64_t tasks = blocks_of(x.rows, matmul_rows) * column_tasks;
  // Tasks are assigned round-robin: a thread's next task is the one `threads` further on.
  const auto next_panels = [&](std::int64_t task) -> const void* {
    const std::int64_t next = task + state.threads;
    if (next < tasks) return weights.panels_from(column + next % column_tasks * per_task);
    if (epilogue.next == nullptr) return nullptr;
    return epilogue.next->panels_from((next - tasks) * per_task % epilogue.next->columns);
  };
  const std::size_t slot_bytes = linear_workspace(state, weights) / as_size(state.threads);
  const auto run = [&](std::size_t task, int slot) noexcept {
    const std::int64_t number = static_cast<std::int64_t>(task);
    const std::int64_t row = number / column_tasks * matmul_rows, j = number % column_tasks * per_task;
    state.kernels->matmul_block({.left = x.data + row * x.row_stride,
                                 .left_row_stride = x.row_stride,
                                 .rows = std::min(matmul_rows, x.rows - row),
                                 .panels = weights.panels_from(column + j),
                                 .depth = weights.in,
                                 .columns = std::min(per_task, out.columns - j),
                                 .out = out.data + row * out.row_stride + j,
                                 .out_stride = out.row_stride,
                                 .epilogue = {.bias = weights.bias.data() + column + j,
                                              .activation = epilogue.activation,
                                              .gate = element_or_null(epilogue.factor, row, j),
                                              .gate_stride = epilogue.factor.row_stride,
                                              .residual = element_or_null(epilogue.residual, row, j),
                                              .residual_stride = epilogue.residual.row_stride},
                                 .scratch = reinterpret_cast<float*>(workspace + as_size(slot) * slot_bytes),
                                 .next = next_panels(number),
                                 .max_prefetch_rate = kernels::max_prefetch_rate(),
                                 .type = weights.format,
                                 .widen_once_rows = kernels::widen_once_rows()});
  };
  scheduler::run_tasks(state, as_size(tasks), run);
}

}  // namespace saccade::ops
