#include "ops/attention.hpp"

#include "ops/validate.hpp"
#include "scheduler/parallel.hpp"

namespace saccade {
namespace ops {

std::size_t attention_workspace(const Engine::State& state, const AttentionProblem& problem) noexcept {
  scheduler::Carver carver;
  AttentionPlan(problem, state.threads).lay_out(carver);
  return carver.used();
}

void attend(Engine::State& state, const AttentionProblem& problem, std::byte* workspace) {
  AttentionPlan plan(problem, state.threads);
  scheduler::Carver carver(workspace);
  plan.lay_out(carver);
  plan.prepare();
  while (plan.next_wave()) {
    const auto run = [&](std::size_t task, int slot) { plan.run(*state.kernels, task, slot); };
    scheduler::run_tasks(state, plan.tasks(), run);
  }
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

void run(Engine::State& state, const ops::AttentionProblem& problem) {
  scheduler::ScratchPool::Lease lease(state.scratch, ops::attention_workspace(state, problem));
  ops::attend(state, problem, lease.memory());
}

}  // namespace

void attention(Engine& engine, const AttentionTensors& tensors, const AttentionOptions& options) {
  run(engine.state(), problem_of(tensors, options));
}

void attention(Engine& engine, const CacheTensors& tensors, const AttentionOptions& options) {
  run(engine.state(), problem_of(tensors, options));
}

std::size_t attention_workspace(const Engine& engine, const AttentionTensors& tensors,
                                const AttentionOptions& options) {
  return ops::attention_workspace(engine.state(), problem_of(tensors, options));
}

std::size_t attention_workspace(const Engine& engine, const CacheTensors& tensors,
                                const AttentionOptions& options) {
  return ops::attention_workspace(engine.state(), problem_of(tensors, options));
}

}  // namespace saccade
