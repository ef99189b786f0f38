#include "model/pack/relative_bias.hpp"

#include <algorithm>

#include "core/as_size.hpp"

namespace saccade::model {
namespace {

double power(double x, std::int64_t n) noexcept {
  double result = 1.0;
  for (; n > 0; --n) result *= x;
  return result;
}

}  // namespace

/// Of the buckets on a side, half are single distances e; the others divide the way from there to the
/// farthest into `steps` equal ratios: the number of those that a distance has behind it is the largest j
/// with (distance / e)^steps >= (farthest / e)^j. Exact where both sides are powers of two, and nowhere else
/// are they close.
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
