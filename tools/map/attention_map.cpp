#include "map/attention_map.hpp"

#include <algorithm>
#include <new>

#include "saccade/error.hpp"
#include "shell/figures.hpp"

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

void reserve_probabilities(AttentionMap& map) {
  const std::size_t count = map.planes() * map.queries() * map.keys();
  try {
    map.probabilities.reserve(count);
  } catch (const std::bad_alloc&) {
    const auto with_unit = [](std::size_t number, const char* thing) {
      return count_of(static_cast<std::int64_t>(number), thing);
    };
    throw Error(ErrorCode::memory_limit,
                "there is no memory for all probabilities: " +
                    fixed(static_cast<double>(count) * sizeof(float) / 1e9, 1) + " GB for " +
                    with_unit(map.layers.size(), "layer") + " of " + with_unit(map.heads.size(), "head") +
                    ", " + with_unit(map.queries(), "query row") + " of " + with_unit(map.keys(), "key") +
                    "; choose a --layer and a --head, a --token, or the --top keys of a text");
  }
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
