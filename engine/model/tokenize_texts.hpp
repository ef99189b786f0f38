#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "saccade/tokenizer.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::model {

/// Ids of many texts, ragged.
struct TextTokens {
  std::vector<std::int32_t> ids, types;
  std::vector<std::int64_t> offsets = {0};

  [[nodiscard]] TokenIds view() const noexcept { return {ids, types, offsets}; }
};

/// Tokenizes `count` texts on the engine's threads. append(batch, i) appends text i to a batch; what it
/// throws for the first text for which it does is thrown here.
[[nodiscard]] TextTokens tokenize_texts(scheduler::ExecutionContext& state, std::size_t count,
                                        const std::function<void(TokenBatch&, std::size_t)>& append);

}  // namespace saccade::model
