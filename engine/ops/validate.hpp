#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ops/attention_problem.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"
#include "saccade/views.hpp"

namespace saccade::ops {

// The checks at the door. Each throws Error{invalid_argument} with the offending numbers.

/// Ascending from 0 to `tokens`.
void validate(Offsets offsets, std::int64_t tokens);

/// Data where there are elements, sizes not negative and within what memory can hold; rows of a matrix do not
/// overlap.
void validate(const ConstMatrixView& view, std::string_view name);
void validate(const ConstHeadsView& view, std::string_view name);

void validate(const Window& window);

/// Queries and keys of a sequence.
struct SequenceSize {
  std::int64_t queries;
  std::int64_t keys;
};

/// Each sequence at most once, heads and queries that exist, each at most once, room for what is asked for.
void validate(const ProbabilitiesRequest& request, std::size_t number, std::int64_t heads,
              const SequenceSize& size);
/// For self-attention: every token is a query.
void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads);

void validate(const AttentionProblem& problem);

void validate_append(const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                     const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets);
void validate_merge(std::span<const StatesView> parts, const HeadsView& out, std::span<const float> sinks,
                    const HeadsView& log_sum_exp);
void validate_merge(const PartialResult& first, const PartialResult& second, const HeadsView& out,
                    const HeadsView& log_sum_exp);

/// Throws naming both when they differ.
void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected);

}  // namespace saccade::ops
