#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ops/attention/attention_problem.hpp"
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

/// Tasks write different heads and tokens at once, so no two vectors of `size` values may share an element.
void require_distinct(std::string_view name, std::int64_t tokens, std::int64_t heads, std::int64_t size,
                      std::int64_t token_stride, std::int64_t head_stride);
/// Nor may two sequences, where a view has a stride for them.
void require_distinct(const HeadsView& view, std::string_view name, Offsets offsets);

/// One value for each token and head, or null data.
void validate_log_sum_exp(const HeadsView& view, std::int64_t tokens, std::int64_t heads, Offsets offsets);

/// Each sequence at most once, heads and queries that exist, each at most once, room for what is asked for.
void validate_requests(const AttentionProblem& problem);
/// For self-attention: every token is a query.
void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads);

/// Keys of every sequence, and a place of its own for each token and head.
void validate_top_keys(const AttentionProblem& problem);

void validate(const AttentionProblem& problem);

/// Sizes of pages are within what memory can hold.
void validate(const KeyValueCache& cache, std::int64_t sequences);
/// The pages that a sequence of this length uses exist.
void validate_pages(const KeyValueCache& cache, std::size_t sequence, std::int64_t length);
/// The pages that are written exist, each for one sequence.
void validate_append(const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                     const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets);

void validate_merge(std::span<const StatesView> parts, const HeadsView& out, std::span<const float> sinks,
                    const HeadsView& log_sum_exp);
void validate_merge(const PartialResult& first, const PartialResult& second, const HeadsView& out,
                    const HeadsView& log_sum_exp);

}  // namespace saccade::ops
