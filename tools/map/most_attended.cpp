#include "map/most_attended.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace saccade::command {

TopMap most_attended(const AttentionMap& map, std::size_t k) {
  TopMap top = {.map = map, .k = std::min(k, map.keys()), .keys = {}};
  top.map.probabilities.clear();
  std::vector<std::int32_t> order(map.keys());
  for (std::size_t plane = 0; plane < map.planes(); ++plane) {
    for (std::size_t query = 0; query < map.queries(); ++query) {
      const auto row = map.row(plane, query);
      const auto value = [&](std::int32_t key) {
        const float probability = row[static_cast<std::size_t>(key)];
        return std::isnan(probability) ? -1.0f : probability;  // behind all others
      };
      std::iota(order.begin(), order.end(), 0);
      const auto end = order.begin() + static_cast<std::ptrdiff_t>(top.k);
      std::partial_sort(order.begin(), end, order.end(), [&](std::int32_t a, std::int32_t b) {
        return value(a) > value(b) || (value(a) == value(b) && a < b);
      });
      for (auto key = order.begin(); key != end; ++key) {
        const bool is_number = value(*key) >= 0;
        top.keys.push_back(is_number ? *key : -1);
        top.map.probabilities.push_back(is_number ? value(*key) : 0);
      }
    }
  }
  return top;
}

}  // namespace saccade::command
