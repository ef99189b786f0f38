#pragma once

#include <cstdint>
#include <string>

#include "explain/attention_trace.hpp"

namespace saccade::command {

/// The steps of one token's attention with their numbers, and how far the engine's results are from them.
[[nodiscard]] std::string explain_token(const AttentionTrace& trace, std::int64_t query);

/// The same for all tokens at once, as matrices with their shapes.
[[nodiscard]] std::string explain_matrices(const AttentionTrace& trace);

}  // namespace saccade::command
