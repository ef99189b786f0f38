#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/table/kernel_table.hpp"
#include "ops/weight_view.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::ops {

/// Weights of linear maps with the same input, packed side by side. Each map's outputs begin at a panel, so
/// that one product can compute all of them, or only those of neighbouring maps.
struct PackedWeights {
  std::int64_t in = 0;
  std::int64_t columns = 0;               ///< outputs of all maps, each rounded up to whole panels
  StorageType format = StorageType::f32;  ///< of panels: f32, f16 or bf16; products widen them exactly
  AlignedBuffer<std::byte> panels = {};   ///< [columns / 16][in][16]
  AlignedBuffer<float> bias = {};         ///< [columns], +0 where a map has none

  /// The panels from column `column` on, a multiple of 16.
  [[nodiscard]] const void* panels_from(std::int64_t column) const noexcept {
    return kernels::element<const void*>(panels.data(), format, column * in);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return panels.size() + bias.size() * sizeof(float); }
};

/// Packs maps with the same number of inputs side by side, in this order, in the type in which all of them
/// are stored, or in fp32 where their types differ. Nothing is borrowed afterwards.
[[nodiscard]] PackedWeights pack_weights(scheduler::ExecutionContext& state,
                                         std::span<const LinearView> maps);

/// Widens the elements of a weight to fp32, without gaps between its rows.
void to_fp32(scheduler::ExecutionContext& state, const WeightView& weight, float* values);
[[nodiscard]] std::vector<float> to_fp32(scheduler::ExecutionContext& state, const WeightView& weight);

}  // namespace saccade::ops
