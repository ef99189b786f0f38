#include "pipeline/batch/row_flops.hpp"

#include <algorithm>
#include <array>

namespace saccade::pipeline {
namespace {

double visible_keys(std::int64_t row, std::int64_t tokens, Window window) {
  return static_cast<double>(1 + std::min(row, window.left) + std::min(tokens - 1 - row, window.right));
}

}  // namespace

double row_flops(const SelfAttention& layer, Offsets offsets, Window window,
                 std::span<const std::int64_t> rows) {
  const auto context_width = static_cast<double>(layer.context_width());
  // One multiply-add for the score and one for the value, for each key and column.
  const double a_key = 4 * context_width;
  const double keys_and_values = 4 * context_width * static_cast<double>(layer.width());
  const std::array<std::int64_t, 2> one_token = {0, 1};
  const double query_and_output = layer.flops(one_token) - a_key - keys_and_values;

  double flops = static_cast<double>(offsets.back()) * keys_and_values;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    for (const std::int64_t row : rows)
      flops += query_and_output + a_key * visible_keys(row, offsets[s + 1] - offsets[s], window);
  }
  return flops;
}

}  // namespace saccade::pipeline
