#pragma once

// What a kernel is from outside: plain parameter blocks and one table of function pointers per ISA.
// Shapes are row by row, sizes in elements, strides in elements unless said otherwise.

#include <cstddef>
#include <cstdint>

#include "saccade/isa.hpp"

namespace saccade::kernels {

/// Keys and weight columns are packed in panels of 16, on every ISA: [panel][depth][16], the last one filled
/// up with +0. The 16 are also the virtual lanes of a row reduction.
inline constexpr std::ptrdiff_t panel_width = 16;
/// Keys are worked on in blocks of 512 at absolute positions from the sequence's key 0. Part of the numerical
/// contract.
inline constexpr std::ptrdiff_t key_block = 512;
/// A product's depth is cut into pieces of 256, each summed by one chain of fused multiply-adds from +0.
/// Part of the numerical contract.
inline constexpr std::ptrdiff_t depth_piece = 256;
/// Rows of a left operand lie this far apart while a tile reads them: a constant, so that a tile addresses
/// all its rows from one pointer; a block of 512 and 16 more, so that they do not meet in the same cache
/// sets.
inline constexpr std::ptrdiff_t left_stride = key_block + panel_width;
/// Columns that a register tile covers at most.
inline constexpr std::ptrdiff_t widest_tile = 4 * panel_width;
/// Query rows that an attention block has at most.
inline constexpr std::ptrdiff_t row_block = 48;
/// Rows that a matrix product's block has at most: three times as many, since weights are larger than L2 and
/// come anew for each block, while the rows themselves, 300 KiB for each 512 of depth, stay.
inline constexpr std::ptrdiff_t matmul_rows = 144;
/// Rows of an attention block that share one buffer of scores.
inline constexpr std::ptrdiff_t row_group = 12;

constexpr std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit * unit;
}
constexpr std::ptrdiff_t blocks_of(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit;
}

/// panels[p][k][c] = source[16 p + c][k], or source[k][16 p + c] where transposed; +0 beyond `columns`.
struct PackPanels {
  const float* source;
  bool transposed;
  std::ptrdiff_t source_stride;  ///< from one row of the source to the next
  std::ptrdiff_t columns;        ///< keys, or outputs of a linear layer
  std::ptrdiff_t depth;
  float* panels;  ///< round_up(columns, 16) * depth values
};

/// Whether each block of 512 rows of `values` holds finite numbers only: finite[b] is 1 or 0. Where `packed`
/// is given, the rows are copied there, packed_stride apart: heads that lie side by side in a token leave
/// each row of a head on a page of its own.
struct PackValues {
  const float* values;
  std::ptrdiff_t stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
  std::uint8_t* finite;  ///< blocks_of(rows, 512)
  float* packed = nullptr;
  std::ptrdiff_t packed_stride = 0;
};

enum class Activation : std::uint8_t { none, relu };

/// What is done to each sum of a matrix product, in this order, each step rounded: + bias, activation, +
/// residual.
struct Epilogue {
  const float* bias = nullptr;  ///< [columns]
  Activation activation = Activation::none;
  const float* residual = nullptr;  ///< [rows][columns]
  std::ptrdiff_t residual_stride = 0;
};

/// out[i][j] = epilogue(sum_k left[i][k] * panels[j / 16][k][j % 16]) for at most matmul_rows rows.
struct MatmulBlock {
  const float* left;
  std::ptrdiff_t left_row_stride;
  std::ptrdiff_t rows;
  const float* panels;  ///< of the first column wanted
  std::ptrdiff_t depth;
  std::ptrdiff_t columns;
  float* out;
  std::ptrdiff_t out_stride;
  Epilogue epilogue;
  float* scratch;  ///< matmul_scratch(depth) values
};

/// Values that a left operand takes where tiles read it.
constexpr std::ptrdiff_t left_values(std::ptrdiff_t rows, std::ptrdiff_t depth) {
  return blocks_of(depth, key_block) * rows * left_stride;
}

/// Values of scratch that a MatmulBlock takes.
constexpr std::ptrdiff_t matmul_scratch(std::ptrdiff_t depth) {
  return left_values(matmul_rows, depth) + matmul_rows * widest_tile;
}

/// Rows of `width` values, `stride` apart.
struct StridedRows {
  const float* data = nullptr;
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t width = 0;
};

/// Attention of at most row_block query rows of one head over the keys of one sequence.
struct AttentionBlock {
  const float* q;
  std::ptrdiff_t q_stride;
  std::ptrdiff_t rows;
  const float* key_panels;     ///< PackPanels of the sequence's keys
  const std::uint8_t* finite;  ///< PackValues of the sequence's values
  const float* v;
  std::ptrdiff_t v_stride;
  std::ptrdiff_t keys;
  std::ptrdiff_t head_dim;   ///< of q and k
  std::ptrdiff_t value_dim;  ///< of v and out
  float scale;
  std::ptrdiff_t first_position;  ///< of the first query row, among the keys; the next rows follow it
  std::ptrdiff_t left, right;     ///< row i sees keys at most this far before and after its position
  float* out;
  std::ptrdiff_t out_stride;
  float* probabilities;  ///< null, or row i at probabilities + i * probabilities_stride, `keys` values
  std::ptrdiff_t probabilities_stride;
  float* scratch;             ///< attention_scratch(head_dim, value_dim, keys) values, aligned to 64 bytes
  StridedRows ahead[3] = {};  ///< asked for meanwhile: hardware does not foresee rows that lie apart
};

/// Values of scratch that an AttentionBlock takes.
constexpr std::ptrdiff_t attention_scratch(std::ptrdiff_t head_dim, std::ptrdiff_t value_dim,
                                           std::ptrdiff_t keys) {
  const std::ptrdiff_t queries = left_values(row_block, head_dim);
  const std::ptrdiff_t scores = row_group * left_stride;
  const std::ptrdiff_t sums = (row_group + row_block) * round_up(value_dim, panel_width);
  const std::ptrdiff_t block_maxima = row_block * blocks_of(keys, key_block);
  return queries + scores + sums + round_up(block_maxima, panel_width);
}

/// out[i] = exp(in[i] * scale - max) / sum over one row; in and out may be the same. Bits as an attention
/// row's probabilities have them. `in` is left alone otherwise.
struct RowSoftmax {
  const float* in;
  float* out;
  std::ptrdiff_t columns;
  float scale;
};

/// All kernels of an ISA.
struct KernelTable {
  Isa isa;
  int lanes;         ///< fp32 values in a register
  int tile_rows;     ///< of the register tile of matrix products
  int tile_columns;  ///< of the register tile of matrix products
  void (*pack_panels)(const PackPanels&) noexcept;
  void (*pack_values)(const PackValues&) noexcept;
  void (*matmul_block)(const MatmulBlock&) noexcept;
  void (*attention_block)(const AttentionBlock&) noexcept;
  void (*row_softmax)(const RowSoftmax&) noexcept;
  /// Runs `rounds` rounds of independent fused multiply-adds in registers; returns floating-point operations
  /// done.
  double (*fma_peak)(std::ptrdiff_t rounds) noexcept;
  /// Reads n values once; returns something that depends on them all, so that the reads stay.
  float (*read_all)(const float* data, std::ptrdiff_t n) noexcept;
};

}  // namespace saccade::kernels
