#include "ops/pool.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::ops {
namespace {

/// Columns of a task: sums over tokens are separate for each column, so that one long sequence can be split
/// among threads. 1 KiB of each row is contiguous.
constexpr std::int64_t task_columns = 256;

}  // namespace

void pool(scheduler::ExecutionContext& state, ConstMatrixView x, Offsets offsets, Pooling pooling,
          MatrixView out, std::int64_t skipped) noexcept {
  const auto sequences = static_cast<std::int64_t>(offsets.size()) - 1;
  if (pooling == Pooling::first) skipped = 0;
  const std::int64_t column_tasks = kernels::blocks_of(x.columns, task_columns);
  const auto run = [&](std::size_t task, int) noexcept {
    const std::int64_t sequence = static_cast<std::int64_t>(task) / column_tasks;
    const std::int64_t column = static_cast<std::int64_t>(task) % column_tasks * task_columns;
    const std::int64_t begin = offsets[core::as_size(sequence)], end = offsets[core::as_size(sequence) + 1];
    const std::int64_t first = std::min(begin + skipped, end);
    state.kernels->pool({.x = x.data + first * x.row_stride + column,
                         .x_stride = x.row_stride,
                         .tokens = end - first,
                         .width = std::min(task_columns, x.columns - column),
                         .pooling = pooling,
                         .out = out.data + sequence * out.row_stride + column,
                         .first = first - begin});
  };
  scheduler::run_tasks(state, core::as_size(sequences * column_tasks), run);
}

}  // namespace saccade::ops
