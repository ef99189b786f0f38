#pragma once

#include "ops/attention/attention_plan.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Scratch bytes that attention() needs.
[[nodiscard]] std::size_t attention_workspace(const scheduler::ExecutionContext& state,
                                              const AttentionProblem& problem) noexcept;

/// Runs a problem that has been validated, in `workspace`, else in scratch that it leases.
void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem,
               std::byte* workspace) noexcept;
void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem);

}  // namespace saccade::ops
