#pragma once

#include <cstdint>
#include <span>

#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// Vectors row by row; those that a model lacks are empty.
struct EmbeddingTables {
  ConstMatrixView words = {};
  ConstMatrixView types = {};
  ConstMatrixView positions = {};
  std::int64_t first_position = 0;  ///< row of `positions` for the first token of a sequence
};

/// A ragged batch of tokens.
struct TokenBatch {
  std::span<const std::int32_t> ids;
  std::span<const std::int32_t> type_ids = {};  ///< empty: type 0
  Offsets offsets;
};

/// out [tokens][width]: word + type + position, in this order. Throws Error{invalid_argument} naming the
/// token and its id where an id is no row of its table, or the sequence that is too long, before out is
/// touched.
void embed(Engine::State& state, const TokenBatch& batch, const EmbeddingTables& tables, MatrixView out);

}  // namespace saccade::ops
