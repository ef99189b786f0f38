#pragma once

#include "ops/attention/attention_plan.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Multiply-adds for which an attention calls one more thread: what one does in about the time that another
/// takes to come. Tests, whose problems are small, have less.
inline double thread_work = 1 << 19;

/// Scratch bytes that attend() takes.
[[nodiscard]] std::size_t attention_workspace(const scheduler::ExecutionContext& state,
                                              const AttentionProblem& problem) noexcept;

/// Runs a problem that has been validated, in `workspace`, else in scratch that it leases.
void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem,
               std::byte* workspace) noexcept;
void attention(scheduler::ExecutionContext& state, const AttentionProblem& problem);

}  // namespace saccade::ops
