#pragma once

// Parameters of the kernels of matrix products, and of those that pack for them.

#include "kernels/layout.hpp"
#include "kernels/math/activation_kind.hpp"

namespace saccade::kernels {

/// panels[p][k][c] = source[16 p + c][k], or source[k][16 p + c] where transposed; +0 beyond `columns`.
struct PackPanels {
  const void* source;
  bool transposed;
  std::ptrdiff_t source_stride;  ///< from one row of the source to the next
  std::ptrdiff_t columns;        ///< keys, or outputs of a linear layer
  std::ptrdiff_t depth;
  float* panels;  ///< round_up(columns, 16) * depth values
  StorageType type = StorageType::f32;
};

/// Whether each block of 512 rows of `values` holds finite numbers only: finite[b] is 1 or 0. Where `packed`
/// is given, the rows are copied there, packed_stride apart: where the heads of a token are contiguous, the
/// rows of one head can be a page apart.
struct PackValues {
  const void* values;
  std::ptrdiff_t stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
  std::uint8_t* finite;  ///< blocks_of(rows, 512)
  float* packed = nullptr;
  std::ptrdiff_t packed_stride = 0;
  StorageType type = StorageType::f32;
};

/// What is done to each sum of a matrix product, in this order, each step rounded: + bias, activation, *
/// gate, + residual. Sums in fp64 begin at the bias, or at bias + residual instead. The gate and the residual
/// may be where out is.
struct Epilogue {
  const float* bias = nullptr;  ///< [columns]
  Activation activation = Activation::none;
  const float* gate = nullptr;  ///< [rows][columns]
  std::ptrdiff_t gate_stride = 0;
  const float* residual = nullptr;  ///< [rows][columns]
  std::ptrdiff_t residual_stride = 0;
};

/// out[i][j] = epilogue(sum_k left[i][k] * panels[j / 16][k][j % 16]) for at most matmul_rows rows, which
/// must not overlap out. Panels stored as f16 or bf16 are widened exactly, so that the bits are those of fp32
/// panels.
struct MatmulBlock {
  const float* left;
  std::ptrdiff_t left_row_stride;
  std::ptrdiff_t rows;
  const void* panels;  ///< from the first column on
  std::ptrdiff_t depth;
  std::ptrdiff_t columns;
  float* out;
  std::ptrdiff_t out_stride;
  Epilogue epilogue;
  float* scratch;              ///< matmul_scratch(depth, type) values
  const void* next = nullptr;  ///< the panels that are read after this block, prefetched towards its end
  int max_prefetch_rate = safe_prefetch_rate;  ///< prefetches in a round of a tile's loop
  StorageType type = StorageType::f32;         ///< of panels: f32, f16 or bf16
  /// Blocks of at least this many rows widen f16 and bf16 panels once and store them; of fewer rows, every
  /// tile widens what it loads.
  std::ptrdiff_t widen_once_rows = 0;
};

/// Values of a left operand that is copied for tiles.
constexpr std::ptrdiff_t left_values(std::ptrdiff_t rows, std::ptrdiff_t depth) {
  return blocks_of(depth, key_block) * rows * left_stride;
}

/// The stride of widened panels: a piece of the depth, and a cache line more so that the panels of a tile do
/// not fall into the same cache sets. A constant, so that a tile addresses them all by one pointer.
inline constexpr std::ptrdiff_t widened_stride = depth_piece * panel_width + panel_width;

/// Values of scratch that a MatmulBlock needs: copied rows, sums, and, of f16 or bf16 panels, the widened
/// panels of a piece of the depth.
constexpr std::ptrdiff_t matmul_scratch(std::ptrdiff_t depth, StorageType type = StorageType::f32) {
  return left_values(matmul_rows, depth) + matmul_rows * widest_tile +
         (type == StorageType::f32 ? 0 : widest_tile / panel_width * widened_stride);
}

}  // namespace saccade::kernels
