#include "map/attention_map.hpp"

#include <algorithm>

namespace saccade::command {

std::string AttentionMap::title(std::size_t plane) const {
  const std::string& layer = layers[plane / heads.size()];
  return (layer.empty() ? "" : layer + ", ") + heads[plane % heads.size()];
}

std::span<const float> AttentionMap::plane(std::size_t plane) const {
  const std::size_t size = queries() * keys();
  return std::span(probabilities).subspan(plane * size, size);
}

std::span<const float> AttentionMap::row(std::size_t number, std::size_t query) const {
  return plane(number).subspan(query * keys(), keys());
}

const std::string& AttentionMap::query(std::size_t query) const {
  return tokens[static_cast<std::size_t>(positions[query])];
}

AttentionMap row_of(const AttentionMap& map, std::int64_t position) {
  const auto found = std::find(map.positions.begin(), map.positions.end(), position);
  const auto query = static_cast<std::size_t>(found - map.positions.begin());
  AttentionMap result = map;
  result.positions = {position};
  result.probabilities.clear();
  for (std::size_t plane = 0; plane < map.planes(); ++plane) {
    const auto row = map.row(plane, query);
    result.probabilities.insert(result.probabilities.end(), row.begin(), row.end());
  }
  return result;
}

float greatest(std::span<const float> values) {
  float most = 0;
  for (const float value : values) most = std::max(most, value);  // NaN stays out: max(most, NaN) is most
  return most;
}

}  // namespace saccade::command
