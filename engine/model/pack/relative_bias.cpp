#include "model/pack/relative_bias.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "core/power.hpp"

namespace saccade::model {
using core::power;

/// Half of the buckets of a side are for single distances, the first e. The others divide the distances from
/// e to the farthest into `steps` ranges of equal ratio; range j contains a distance d if j is the largest
/// number with (d / e)^steps >= (farthest / e)^j. Both sides are exact where they are powers of two, and
/// nowhere else are they close to each other.
std::int64_t bucket_of(std::int64_t distance, const RelativeBuckets& buckets) noexcept {
  const std::int64_t side = buckets.count / 2, single = side / 2, steps = side - single;
  const std::int64_t first = distance > 0 ? side : 0, far = std::abs(distance);
  if (far < single) return first + far;
  const auto e = static_cast<double>(single);
  const double reached = power(static_cast<double>(far) / e, steps),
               ratio = static_cast<double>(buckets.farthest) / e;
  std::int64_t j = 0;
  while (j < steps - 1 && power(ratio, j + 1) <= reached) ++j;
  return first + single + j;
}

std::vector<float> distance_bias(const std::vector<float>& table, std::int64_t heads, std::int64_t max_tokens,
                                 const RelativeBuckets& buckets) {
  std::vector<float> bias;
  bias.reserve(core::as_size(heads * (2 * max_tokens - 1)));
  for (std::int64_t head = 0; head < heads; ++head) {
    for (std::int64_t distance = 1 - max_tokens; distance < max_tokens; ++distance)
      bias.push_back(table[core::as_size(bucket_of(distance, buckets) * heads + head)]);
  }
  return bias;
}

}  // namespace saccade::model
