#include "pipeline/batch/window_layout.hpp"

#include "core/as_size.hpp"
#include "core/carver.hpp"

namespace saccade::pipeline {
namespace {

using core::as_size;
using core::Carver;

constexpr double float_bytes = sizeof(float);
/// Each of x, z, context and probabilities begins on a cache line.
constexpr double alignment_bytes = 4.0 * AlignedBuffer<float>::alignment;

MatrixView carve(Carver& carver, std::int64_t rows, std::int64_t columns) {
  return {carver.take<float>(as_size(rows * columns)), rows, columns, columns};
}

}  // namespace

WindowLayout::WindowLayout(const SelfAttention& layer, const BatchInput& input,
                           const BatchFileOptions& options)
    : layer_(layer),
      input_(input),
      rows_(options.rows),
      context_(options.context),
      probabilities_(!options.probabilities.empty() || options.on_probabilities) {}

std::int64_t WindowLayout::queries(std::int64_t tokens) const {
  return rows_.empty() ? tokens : static_cast<std::int64_t>(rows_.size());
}

std::vector<std::int64_t> WindowLayout::offsets(std::int64_t first, std::int64_t last) const {
  const Offsets all = input_.offsets().subspan(as_size(first), as_size(last - first) + 1);
  std::vector<std::int64_t> offsets(all.begin(), all.end());
  for (std::int64_t& offset : offsets) offset -= all.front();
  return offsets;
}

WindowBytes WindowLayout::bytes(const Engine& engine, std::int64_t first, std::int64_t last) const {
  const std::vector<std::int64_t> window = offsets(first, last);
  double rows = 0;
  double scores = 0;
  for (std::size_t s = 0; s + 1 < window.size(); ++s) {
    const std::int64_t tokens = window[s + 1] - window[s];
    const auto row_count = static_cast<double>(queries(tokens));
    rows += row_count;
    scores += row_count * static_cast<double>(tokens);
  }
  const auto width = static_cast<double>(layer_.width());
  const auto columns = static_cast<double>(layer_.output_width() + (context_ ? layer_.context_width() : 0));
  const double inputs = static_cast<double>(window.back()) * width;
  const double maps = probabilities_ ? static_cast<double>(layer_.heads()) * scores : 0;
  return {(inputs + rows * columns) * float_bytes + alignment_bytes, maps * float_bytes,
          static_cast<double>(layer_.workspace(engine, window, rows_))};
}

BatchWindow WindowLayout::place(std::int64_t first, std::int64_t last, std::byte* memory) const {
  BatchWindow window = {first, last, offsets(first, last), {}, {}, {}, {}, {}};
  const std::int64_t tokens = window.offsets.back();
  const std::int64_t rows = rows_.empty() ? tokens : static_cast<std::int64_t>(rows_.size()) * (last - first);
  Carver carver(memory);
  window.x = carve(carver, tokens, layer_.width());
  window.z = carve(carver, rows, layer_.output_width());
  if (context_) window.context = carve(carver, rows, layer_.context_width());
  if (!probabilities_) return window;
  std::size_t values = 0;
  window.maps = maps(window);
  for (const SequenceProbabilities& map : window.maps) values += as_size(map.heads * map.queries * map.keys);
  window.probabilities = {carver.take<float>(values), values};
  std::span<float> rest = window.probabilities;
  for (SequenceProbabilities& map : window.maps) {
    const auto size = as_size(map.heads * map.queries * map.keys);
    map.values = rest.first(size);
    rest = rest.subspan(size);
  }
  return window;
}

std::vector<SequenceProbabilities> WindowLayout::maps(const BatchWindow& window) const {
  std::vector<SequenceProbabilities> maps;
  for (std::int64_t s = window.first; s < window.last; ++s) {
    const auto at = as_size(s - window.first);
    const std::int64_t keys = window.offsets[at + 1] - window.offsets[at];
    maps.push_back({input_.number(s), layer_.heads(), queries(keys), keys, {}});
  }
  return maps;
}

}  // namespace saccade::pipeline
