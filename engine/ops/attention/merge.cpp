#include <cstddef>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "ops/attention/attention_problem.hpp"
#include "ops/attention/validate.hpp"
#include "saccade/attention.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/parallel.hpp"
#include "scheduler/scratch.hpp"

namespace saccade {
namespace {

template <class View>
auto vector_of(const View& view, std::int64_t token, std::int64_t head) {
  return kernels::element(view.data, view.type, token * view.token_stride + head * view.head_stride);
}

}  // namespace

void merge_states(Engine& engine, std::span<const StatesView> parts, HeadsView out,
                  std::span<const float> sinks, HeadsView log_sum_exp) try {
  ops::validate_merge(parts, out, sinks, log_sum_exp);
  scheduler::ExecutionContext& state = scheduler::context_of(engine);
  const std::int64_t state_size = out.head_dim + 2;
  const std::size_t row_values = core::as_size(kernels::round_up(out.head_dim, kernels::panel_width));
  const auto lay_out = [&](scheduler::Carver& carver, float*& rows, const float**& pointers,
                           std::ptrdiff_t*& blocks) {
    rows = carver.take<float>(row_values * core::as_size(state.threads));
    pointers = carver.take<const float*>(parts.size() * core::as_size(state.threads));
    blocks = carver.take<std::ptrdiff_t>(parts.size());
  };
  float* rows = nullptr;
  const float** pointers = nullptr;
  std::ptrdiff_t* blocks = nullptr;
  scheduler::Carver counter;
  lay_out(counter, rows, pointers, blocks);
  scheduler::ScratchPool::Lease lease(state.scratch, counter.used());
  scheduler::Carver carver(lease.memory());
  lay_out(carver, rows, pointers, blocks);
  for (std::size_t p = 0; p < parts.size(); ++p) blocks[p] = parts[p].blocks;
  const auto run = [&](std::size_t task, int slot) noexcept {
    const auto token = static_cast<std::int64_t>(task);
    const float** const of_row = pointers + core::as_size(slot) * parts.size();
    for (std::int64_t head = 0; head < out.heads; ++head) {
      for (std::size_t p = 0; p < parts.size(); ++p)
        of_row[p] = parts[p].data + (token * out.heads + head) * parts[p].blocks * state_size;
      state.kernels->merge_states({.parts = of_row,
                                   .blocks = blocks,
                                   .count = static_cast<std::ptrdiff_t>(parts.size()),
                                   .value_dim = out.head_dim,
                                   .sink = sinks.empty() ? nullptr : sinks.data() + head,
                                   .out = vector_of(out, token, head),
                                   .out_type = out.type,
                                   .log_sum_exp = vector_of(log_sum_exp, token, head),
                                   .log_sum_exp_type = log_sum_exp.type,
                                   .scratch = rows + core::as_size(slot) * row_values});
    }
  };
  scheduler::run_tasks(state, core::as_size(out.tokens), run);
} catch (...) {
  core::rethrow_as_error();
}

void merge(Engine& engine, const PartialResult& first, const PartialResult& second, HeadsView out,
           HeadsView log_sum_exp) try {
  ops::validate_merge(first, second, out, log_sum_exp);
  scheduler::ExecutionContext& state = scheduler::context_of(engine);
  const auto run = [&](std::size_t task, int) noexcept {
    const auto token = static_cast<std::int64_t>(task);
    for (std::int64_t head = 0; head < out.heads; ++head) {
      const auto values = [&](const ConstHeadsView& view) {
        return static_cast<const float*>(vector_of(view, token, head));
      };
      state.kernels->merge_results({.first = values(first.out),
                                    .second = values(second.out),
                                    .first_log_sum_exp = *values(first.log_sum_exp),
                                    .second_log_sum_exp = *values(second.log_sum_exp),
                                    .value_dim = out.head_dim,
                                    .out = static_cast<float*>(vector_of(out, token, head)),
                                    .log_sum_exp = static_cast<float*>(vector_of(log_sum_exp, token, head))});
    }
  };
  scheduler::run_tasks(state, core::as_size(out.tokens), run);
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
