#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ops/packed_weights.hpp"
#include "saccade/similar.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// The rows with the highest cosine similarity to each query, among rows that are added in batches. A score
/// is the fp32 product (contract fp32) of the row and the query, which is divided by its norm first; then it
/// is divided by the row's norm in double precision and rounded to fp32: the same bits on every ISA, for any
/// number of threads and any batches. Rows of equal scores rank by their number, so that the result does not
/// depend on the order in which tasks run.
class SimilaritySearch {
 public:
  /// Keeps `count` rows, 1 or more, for each of the queries [n][width], which must be finite. Nothing is
  /// borrowed.
  SimilaritySearch(scheduler::ExecutionContext& context, ConstMatrixView queries, std::int64_t count);

  /// Compares the rows [m][width] with the numbers first, first + 1 and so on. Returns the index of the first
  /// row that is not finite, where there is one; then the search must not be used any more.
  [[nodiscard]] std::optional<std::int64_t> add(ConstMatrixView rows, std::int64_t first);

  /// The best rows of each query so far, the best first.
  [[nodiscard]] std::vector<std::vector<SimilarRow>> best() const;

 private:
  /// The best rows of one query that one thread slot has seen, a heap whose front is the last of them.
  using Heap = std::vector<SimilarRow>;

  void reserve(std::int64_t new_rows);
  /// Returns the index of the first row that is not finite, or the number of rows.
  std::int64_t compare(ConstMatrixView rows, std::int64_t first, std::byte* workspace,
                       std::span<Heap> heaps) const noexcept;
  void keep(const float* products, const double* norms, std::int64_t rows, std::int64_t columns,
            std::int64_t first, std::span<Heap> heaps) const noexcept;

  scheduler::ExecutionContext& context_;
  std::int64_t width_, count_, queries_;
  PackedWeights packed_;     ///< the queries, divided by their norms
  std::vector<Heap> heaps_;  ///< [slots][queries]
};

/// Throws Error{invalid_argument} unless count is positive and the queries have columns and finite values.
void validate_similarity(ConstMatrixView queries, std::int64_t count);
/// Throws Error{invalid_argument} unless the vectors are as wide as the queries.
void validate_vectors(ConstMatrixView vectors, ConstMatrixView queries);

}  // namespace saccade::ops
