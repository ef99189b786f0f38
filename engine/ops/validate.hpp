#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "saccade/attention.hpp"
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

/// Each sequence at most once, heads that exist, each at most once, room for rows_of(sequence) x keys values
/// a head. `rows` is 0 where every token is a query row.
void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads,
              std::int64_t rows = 0);

void validate(const AttentionTensors& tensors, const AttentionOptions& options);

/// Throws naming both when they differ.
void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected);

}  // namespace saccade::ops
