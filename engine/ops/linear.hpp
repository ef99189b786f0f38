#pragma once

#include <cstddef>
#include <cstdint>

#include "core/aligned_buffer.hpp"
#include "kernels/table/kernel_table.hpp"
#include "saccade/self_attention.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::ops {

/// Weights of linear maps with the same input, packed side by side: each map's outputs begin on a panel, so
/// that one product computes them all and any neighbours can be taken alone.
struct PackedWeights {
  std::int64_t in = 0;
  std::int64_t columns = 0;     ///< outputs of all maps, each rounded up to whole panels
  AlignedBuffer<float> panels;  ///< [columns / 16][in][16]
  AlignedBuffer<float> bias;    ///< [columns], +0 where a map has none
};

/// Room for maps from `in` inputs to `columns` outputs in all, a multiple of 16.
[[nodiscard]] PackedWeights make_packed_weights(std::int64_t in, std::int64_t columns);

/// A linear map y = W x + b as it is stored. weight: [out][in], or [in][out] where input_major.
struct StoredMap {
  std::int64_t out = 0;
  std::int64_t in = 0;
  const void* weight = nullptr;
  StorageType weight_type = StorageType::f32;
  bool input_major = false;
  const void* bias = nullptr;  ///< [out], or null
  StorageType bias_type = StorageType::f32;
};
[[nodiscard]] StoredMap stored(const LinearWeights& map) noexcept;

/// Packs a map's weight and bias from column `column` on, a multiple of 16.
void pack_weights(Engine::State& state, const StoredMap& map, std::int64_t column, PackedWeights& packed);

/// Copies `count` stored values to fp32.
void convert(Engine::State& state, const void* from, StorageType type, std::int64_t count, float* to);

/// Scratch bytes that linear() takes.
[[nodiscard]] std::size_t linear_workspace(const Engine::State& state, const PackedWeights& weights) noexcept;

/// What becomes of x W^T + b, in this order: activation, * gate, + residual. Both matrices are as out, may be
/// where it is, and are left out where their data is null.
struct LinearEpilogue {
  kernels::Activation activation = kernels::Activation::none;
  ConstMatrixView gate = {};
  ConstMatrixView residual = {};
  const PackedWeights* next = nullptr;  ///< of the linear map that follows: its first panels are asked for
};

/// out = epilogue(x W^T + b) for out.columns outputs from `column` on, a multiple of 16; it does not overlap
/// x.
void linear(Engine::State& state, ConstMatrixView x, const PackedWeights& weights, std::int64_t column,
            MatrixView out, std::byte* workspace, const LinearEpilogue& epilogue = {});

}  // namespace saccade::ops
