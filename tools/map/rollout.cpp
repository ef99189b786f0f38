#include "map/rollout.hpp"

#include "saccade/error.hpp"

namespace saccade::command {
namespace {

using Matrix = std::vector<double>;  // [tokens][tokens]

/// (mean of the heads + identity) / 2, rows of sum 1.
Matrix mixed_layer(const AttentionMap& map, std::size_t layer) {
  const std::size_t n = map.keys(), heads = map.heads.size();
  Matrix mixed(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      double mean = 0;
      for (std::size_t head = 0; head < heads; ++head)
        mean += static_cast<double>(map.row(layer * heads + head, i)[j]) / static_cast<double>(heads);
      mixed[i * n + j] = (mean + (i == j ? 1.0 : 0.0)) / 2;
      sum += mixed[i * n + j];
    }
    for (std::size_t j = 0; j < n; ++j) mixed[i * n + j] /= sum;
  }
  return mixed;
}

Matrix product(const Matrix& a, const Matrix& b, std::size_t n) {
  Matrix c(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += a[i * n + k] * b[k * n + j];
  return c;
}

}  // namespace

AttentionMap rollout(const AttentionMap& map) {
  const std::size_t n = map.keys();
  if (map.queries() != n)
    throw Error(ErrorCode::unsupported, "rollout needs a row of every token; the input has " +
                                            std::to_string(map.queries()) + " of " + std::to_string(n));
  Matrix through = mixed_layer(map, 0);
  for (std::size_t layer = 1; layer < map.layers.size(); ++layer)
    through = product(mixed_layer(map, layer), through, n);
  AttentionMap result = map;
  const std::string& last = map.layers.back();
  result.layers = {last.empty() || map.layers.size() == 1 ? last : map.layers.front() + " to " + last};
  result.heads = {"rollout"};
  result.probabilities.assign(through.begin(), through.end());
  return result;
}

}  // namespace saccade::command
