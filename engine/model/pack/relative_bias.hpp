#pragma once

#include <cstdint>
#include <vector>

namespace saccade::model {

/// Buckets of distances, as T5 numbers them (Raffel et al. 2019, arXiv:1910.10683).
struct RelativeBuckets {
  std::int64_t count = 0;     ///< half of them for keys to the right
  std::int64_t farthest = 0;  ///< this distance and all beyond it are in the last bucket
};

/// The bucket of a key's position minus the query's.
[[nodiscard]] std::int64_t bucket_of(std::int64_t distance, const RelativeBuckets& buckets) noexcept;

/// Expands a learnt table [buckets][heads] to the number that each head adds to a score for each distance:
/// [heads][2 max_tokens - 1], for distances from -(max_tokens - 1) on.
[[nodiscard]] std::vector<float> distance_bias(const std::vector<float>& table, std::int64_t heads,
                                               std::int64_t max_tokens, const RelativeBuckets& buckets);

}  // namespace saccade::model
