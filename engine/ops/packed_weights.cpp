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
void widen(scheduler::ExecutionContext& state, const void* from, StorageType type, std::int64_t count,
           float* to) {
  scheduler::run_row_blocks(state, count, std::int64_t{1} << 16,
                            [&](std::int64_t first, std::int64_t n) noexcept {
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

/// Copies one panel of 16-bit values, f16 or bf16: at most 16 columns, +0 beyond them.
void copy_panel(const LinearView& map, std::int64_t first_column, std::uint16_t* panel) {
  const WeightView& weight = map.weight;
  const std::int64_t columns = std::min<std::int64_t>(panel_width, map.out() - first_column);
  const std::int64_t column_stride = map.input_major ? 1 : weight.row_stride;
  const std::int64_t depth_stride = map.input_major ? weight.row_stride : 1;
  const auto* const source = static_cast<const std::uint16_t*>(weight.data) + first_column * column_stride;
  for (std::int64_t k = 0; k < map.in(); ++k, panel += panel_width) {
    for (std::int64_t c = 0; c < columns; ++c) panel[c] = source[c * column_stride + k * depth_stride];
    std::fill(panel + columns, panel + panel_width, std::uint16_t{0});
  }
}

/// Packs a panel as fp32, whatever its storage type.
void widen_panel(scheduler::ExecutionContext& state, const LinearView& map, std::int64_t first_column,
                 float* panel) {
  const WeightView& weight = map.weight;
  state.kernels->pack_panels(
      {.source = map.input_major ? weight.at(0, first_column) : weight.at(first_column, 0),
       .transposed = map.input_major,
       .source_stride = weight.row_stride,
       .columns = std::min(panel_width, map.out() - first_column),
       .depth = map.in(),
       .panels = panel,
       .type = weight.type});
}

/// Packs one map's weight and bias from column `column` on.
void pack_map(scheduler::ExecutionContext& state, const LinearView& map, std::int64_t column,
              PackedWeights& packed) {
  const auto pack = [&](std::size_t task, int) noexcept {
    const std::int64_t c = static_cast<std::int64_t>(task) * panel_width;
    void* const panel =
        kernels::element<void*>(packed.panels.data(), packed.format, (column + c) * packed.in);
    if (packed.format == StorageType::f32) {
      widen_panel(state, map, c, static_cast<float*>(panel));
    } else {
      copy_panel(map, c, static_cast<std::uint16_t*>(panel));
    }
  };
  scheduler::run_tasks(state, as_size(blocks_of(map.out(), panel_width)), pack);
  if (map.bias) widen(state, map.bias.data, map.bias.type, map.out(), packed.bias.data() + column);
}

}  // namespace

PackedWeights pack_weights(scheduler::ExecutionContext& state, std::span<const LinearView> maps) {
  PackedWeights packed;
  packed.in = maps.front().in();
  packed.format = maps.front().weight.type;
  for (const LinearView& map : maps) {
    packed.columns += round_up(map.out(), panel_width);
    if (map.weight.type != packed.format) packed.format = StorageType::f32;
  }
  packed.panels = AlignedBuffer<std::byte>(as_size(packed.in * packed.columns) * size_of(packed.format));
  packed.bias = AlignedBuffer<float>(as_size(packed.columns));
  std::fill_n(packed.bias.data(), packed.bias.size(), 0.0f);
  std::int64_t column = 0;
  for (const LinearView& map : maps) {
    pack_map(state, map, column, packed);
    column += round_up(map.out(), panel_width);
  }
  return packed;
}

void to_fp32(scheduler::ExecutionContext& state, const WeightView& weight, float* values) {
  if (weight.row_stride == weight.columns)
    return widen(state, weight.data, weight.type, weight.elements(), values);
  for (std::int64_t row = 0; row < weight.rows; ++row)
    widen(state, weight.at(row, 0), weight.type, weight.columns, values + row * weight.columns);
}

std::vector<float> to_fp32(scheduler::ExecutionContext& state, const WeightView& weight) {
  std::vector<float> values(as_size(weight.elements()));
  to_fp32(state, weight, values.data());
  return values;
}

}  // namespace saccade::ops
