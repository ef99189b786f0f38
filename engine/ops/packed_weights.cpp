#include "ops/packed_weights.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "scheduler/parallel.hpp"
#include "scheduler/row_blocks.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::blocks_of;
using kernels::panel_width;
using kernels::round_up;

/// Widens `count` stored values to fp32.
void widen(Engine::State& state, const void* from, StorageType type, std::int64_t count, float* to) {
  scheduler::run_row_blocks(state, count, std::int64_t{1} << 16, [&](std::int64_t first, std::int64_t n) {
    std::uint8_t finite = 0;
    state.kernels->pack_values({.values = kernels::element(from, type, first),
                                .stride = n,
                                .rows = 1,
                                .width = n,
                                .finite = &finite,
                                .packed = to + first,
                                .packed_stride = n,
                                .type = type});
  });
}

/// Packs one map's weight and bias from column `column` on.
void pack_map(Engine::State& state, const LinearView& map, std::int64_t column, PackedWeights& packed) {
  const WeightView& weight = map.weight;
  const auto pack = [&](std::size_t task, int) {
    const std::int64_t c = static_cast<std::int64_t>(task) * panel_width;
    state.kernels->pack_panels({.source = map.input_major ? weight.at(0, c) : weight.at(c, 0),
                                .transposed = map.input_major,
                                .source_stride = weight.row_stride,
                                .columns = std::min(panel_width, map.out() - c),
                                .depth = packed.in,
                                .panels = packed.panels.data() + (column + c) * packed.in,
                                .type = weight.type});
  };
  scheduler::run_tasks(state, as_size(blocks_of(map.out(), panel_width)), pack);
  if (map.bias) widen(state, map.bias.data, map.bias.type, map.out(), packed.bias.data() + column);
}

}  // namespace

PackedWeights pack_weights(Engine::State& state, std::span<const LinearView> maps) {
  PackedWeights packed = {.in = maps.front().in(), .columns = 0, .panels = {}, .bias = {}};
  for (const LinearView& map : maps) packed.columns += round_up(map.out(), panel_width);
  packed.panels = AlignedBuffer<float>(as_size(packed.in * packed.columns));
  packed.bias = AlignedBuffer<float>(as_size(packed.columns));
  std::fill_n(packed.bias.data(), packed.bias.size(), 0.0f);
  std::int64_t column = 0;
  for (const LinearView& map : maps) {
    pack_map(state, map, column, packed);
    column += round_up(map.out(), panel_width);
  }
  return packed;
}

void to_fp32(Engine::State& state, const WeightView& weight, float* values) {
  if (weight.row_stride == weight.columns)
    return widen(state, weight.data, weight.type, weight.elements(), values);
  for (std::int64_t row = 0; row < weight.rows; ++row)
    widen(state, weight.at(row, 0), weight.type, weight.columns, values + row * weight.columns);
}

std::vector<float> to_fp32(Engine::State& state, const WeightView& weight) {
  std::vector<float> values(as_size(weight.elements()));
  to_fp32(state, weight, values.data());
  return values;
}

}  // namespace saccade::ops
