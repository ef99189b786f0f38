#pragma once

#include "ops/attention_plan.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// Scratch bytes that attend() takes.
[[nodiscard]] std::size_t attention_workspace(const Engine::State& state,
                                              const AttentionProblem& problem) noexcept;

/// Runs a problem that has been validated, in `workspace`.
void attend(Engine::State& state, const AttentionProblem& problem, std::byte* workspace);

}  // namespace saccade::ops
