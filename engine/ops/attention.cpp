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
  ops::validate(tensors, options);
  return {.q = tensors.q,
          .k = tensors.k,
          .v = tensors.v,
          .out = tensors.out,
          .offsets = tensors.offsets,
          .positions = {},
          .scale = options.scale,
          .window = options.window,
          .probabilities = options.probabilities};
}

}  // namespace

void attention(Engine& engine, const AttentionTensors& tensors, const AttentionOptions& options) {
  const ops::AttentionProblem problem = problem_of(tensors, options);
  scheduler::ScratchPool::Lease lease(engine.state().scratch,
                                      ops::attention_workspace(engine.state(), problem));
  ops::attend(engine.state(), problem, lease.memory());
}

std::size_t attention_workspace(const Engine& engine, const AttentionTensors& tensors,
                                const AttentionOptions& options) {
  return ops::attention_workspace(engine.state(), problem_of(tensors, options));
}

}  // namespace saccade
