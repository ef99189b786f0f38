#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "saccade/engine.hpp"
#include "saccade/tokenizer.hpp"
#include "saccade/views.hpp"

namespace saccade::model {

/// Ids of many texts, ragged.
struct TextTokens {
  std::vector<std::int32_t> ids, types;
  std::vector<std::int64_t> offsets = {0};  ///< [texts + 1]

  [[nodiscard]] TokenIds view() const noexcept { return {ids, types, offsets}; }
};

/// Tokenizes `count` texts on the engine's threads and stores them in `tokens`, in order, in place of what it
/// held. append(batch, i) appends text i to a batch, or nothing where text i is to be left out; it is called
/// once for each i, on any thread. Throws what append throws for the first text for which it does. The result
/// does not depend on the number of threads.
void tokenize_texts(Engine& engine, std::size_t count,
                    const std::function<void(TokenBatch&, std::size_t)>& append, TextTokens& tokens);

}  // namespace saccade::model
