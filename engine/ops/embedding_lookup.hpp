#pragma once

#include <cstdint>

#include "ops/weight_view.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Tables of vectors, all of one storage type and width; those that a model lacks are empty.
struct EmbeddingTables {
  WeightView words = {};
  WeightView types = {};
  WeightView positions = {};
  std::int64_t first_position = 0;  ///< row of `positions` for the first token of a sequence
  /// Tokens of this id have the row before first_position and are not counted by the positions after them, as
  /// RoBERTa has it for padding; -1: no token is.
  std::int64_t pad_token_id = -1;
};

/// Throws Error{invalid_argument} naming the token and its id where an id is no row of its table, or the
/// sequence that is too long.
void validate(const TokenIds& tokens, const EmbeddingTables& tables);

/// out [tokens][width]: word + type + position, in this order. Offsets may begin at any number; ids, types
/// and out begin with the token of that number. validate() has accepted the ids.
void embedding_lookup(scheduler::ExecutionContext& state, const TokenIds& tokens,
                      const EmbeddingTables& tables, MatrixView out) noexcept;

}  // namespace saccade::ops
