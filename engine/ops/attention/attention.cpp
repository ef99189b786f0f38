#include "ops/attention/attention.hpp"

#include <algorithm>

#include "core/public_call.hpp"
#include "ops/attention/validate.hpp"
#include "scheduler/parallel.hpp"

namespace saccade {
namespace ops {
namespace {

/// Threads that an attention can keep busy: one for each state.thread_work multiply-adds.
int threads_for(const scheduler::ExecutionContext& state, const AttentionProblem& problem) noexcept {
  double work = 0;  // multiply-adds
  for (std::int64_t s = 0; s < problem.sequences() && work < state.thread_work * state.threads; ++s) {
    // Few queries take as long as a tile of them: keys and values have to come from memory.
    work += static_cast<double>(std::max<std::int64_t>(problem.queries(s), kernels::row_group)) *
            static_cast<double>(problem.keys(s)) *
            static_cast<double>(problem.q.heads * (problem.head_dim() + problem.value_dim()));
  }
  return static_cast<int>(std::clamp(work / state.thread_work, 1.0, static_cast<double>(state.threads)));
}

std::size_t workspace_of(AttentionPlan& plan) noexcept {
  scheduler::Carver carver;
  plan.lay_out(carver);
  return carver.used();
}

void run(scheduler::ExecutionContext& state, AttentionPlan& plan, std::byte* workspace) noexcept {
  scheduler::Carver carver(workspace);
  plan.lay_out(carver);
  plan.prepare();
  while (plan.next_wave()) {
    const auto work = [&](std::size_t task, int slot) noexcept { plan.run(*state.kernels, task, slot); };
    scheduler::run_tasks(state, plan.tasks(), work, plan.threads());
  }
}

}  // namespace

std::size_t attention_workspace(const scheduler::ExecutionContext& state,
                                const AttentionProblem& problem) noexcept {
  AttentionPlan plan(problem, threads_for(state, problem));
  return workspace_of(plan);
}

void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem,
               std::byte* workspace) noexcept {
  AttentionPlan plan(problem, threads_for(state, problem));
  run(state, plan, workspace);
}

void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem) try {
  AttentionPlan plan(problem, threads_for(state, problem));
  scheduler::ScratchPool::Lease lease(state.scratch, workspace_of(plan));
  run(state, plan, lease.memory());
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace ops

namespace {

ops::AttentionProblem problem_of(const AttentionTensors& tensors, const AttentionOptions& options) {
  const ops::AttentionProblem problem = {.q = tensors.q,
                                         .k = tensors.k,
                                         .v = tensors.v,
                                         .out = tensors.out,
                                         .offsets = tensors.offsets,
                                         .key_offsets = tensors.key_offsets,
                                         .options = options};
  ops::validate(problem);
  return problem;
}

ops::AttentionProblem problem_of(const CacheTensors& tensors, const AttentionOptions& options) {
  const ops::AttentionProblem problem = {.q = tensors.q,
                                         .cache = &tensors.cache,
                                         .out = tensors.out,
                                         .offsets = tensors.offsets,
                                         .lengths = tensors.lengths,
                                         .options = options};
  ops::validate(problem);
  return problem;
}

}  // namespace

void attention(Engine& engine, const AttentionTensors& tensors, const AttentionOptions& options) try {
  ops::attention(scheduler::context_of(engine), problem_of(tensors, options));
} catch (...) {
  core::rethrow_as_error();
}

void attention(Engine& engine, const CacheTensors& tensors, const AttentionOptions& options) try {
  ops::attention(scheduler::context_of(engine), problem_of(tensors, options));
} catch (...) {
  core::rethrow_as_error();
}

std::size_t attention_workspace(const Engine& engine, const AttentionTensors& tensors,
                                const AttentionOptions& options) try {
  return ops::attention_workspace(scheduler::context_of(engine), problem_of(tensors, options));
} catch (...) {
  core::rethrow_as_error();
}

std::size_t attention_workspace(const Engine& engine, const CacheTensors& tensors,
                                const AttentionOptions& options) try {
  return ops::attention_workspace(scheduler::context_of(engine), problem_of(tensors, options));
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
