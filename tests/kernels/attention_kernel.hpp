#pragma once

#include <cstdint>
#include <vector>

#include "kernels/table/kernel_table.hpp"
#include "reference/attention_head.hpp"

namespace saccade::test {

/// Runs a head of at most max_row_block queries through a table's kernels, packing included: rows lie `gap`
/// elements further apart than they are wide and begin `gap` elements past a cache line; scratch holds NaN.
/// Checks that nothing is written beside the outputs. Probabilities are empty where not requested.
AttentionResult<float> run_attention(const kernels::KernelTable& table, const AttentionHead& head,
                                     std::int64_t gap = 0, bool probabilities = true);

/// Checks every table, in fp32 and in fp64, against the contract, bit for bit, with and without
/// probabilities.
void check_contract(const AttentionHead& head, std::int64_t gap = 0);

/// The same, and against the double-precision reference with its tolerance.
void check_contract_and_reference(const AttentionHead& head, std::int64_t gap = 0);

}  // namespace saccade::test
