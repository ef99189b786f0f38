#pragma once

// Parameters of the kernels over rows, which an encoder runs between attention and its linear layers. fp32;
// strides in elements.

#include <cstddef>
#include <cstdint>

#include "saccade/pooling.hpp"
#include "saccade/storage_type.hpp"

namespace saccade::kernels {

/// out[i][j] = gamma[j] (x[i][j] - mean_i) / sqrt(variance_i + epsilon) + beta[j]. out may be x.
struct LayerNorm {
  const float* x;
  std::ptrdiff_t x_stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;  ///< below 2^24, so that fp32 represents it exactly
  const float* gamma;
  const float* beta;  ///< null: +0
  float epsilon;
  float* out;
  std::ptrdiff_t out_stride;
};

/// out[i][j] = x[i][j] / max(norm_i, 1e-12), norm_i the root of the row's sum of squares. out may be x.
struct Normalize {
  const float* x;
  std::ptrdiff_t x_stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
  float* out;
  std::ptrdiff_t out_stride;
};

/// Rotates pairs (x[i], x[i + dims / 2]) of each vector, in place, by the angle i of its token's row of
/// `table`: the angles' dims / 2 cosines, then their sines.
struct Rotate {
  float* x;
  std::ptrdiff_t token_stride;
  std::ptrdiff_t head_stride;
  std::ptrdiff_t tokens;
  std::ptrdiff_t heads;
  std::ptrdiff_t dims;  ///< even; values beyond them are not changed
  const float* table;   ///< [tokens][dims]
};

/// out[i] = words[ids[i]] + types[type_ids[i]] + positions[i], in this order; tables that are null are left
/// out. Tables stored as f16 or bf16 are widened exactly.
struct EmbeddingLookup {
  const std::int32_t* ids;
  const std::int32_t* type_ids;  ///< null: type 0
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
  const void* words;
  std::ptrdiff_t word_stride;
  const void* types;
  std::ptrdiff_t type_stride;
  const void* positions;  ///< of row 0; those of the next rows follow
  std::ptrdiff_t position_stride;
  float* out;
  std::ptrdiff_t out_stride;
  StorageType type = StorageType::f32;  ///< of all tables
};

/// out[j] = pooled x[t][j]; +0 where there is no token.
struct Pool {
  const float* x;
  std::ptrdiff_t x_stride;
  std::ptrdiff_t tokens;
  std::ptrdiff_t width;
  Pooling pooling;
  float* out;
  std::ptrdiff_t first = 0;  ///< the position of token 0, by which Pooling::weighted_mean weighs
};

}  // namespace saccade::kernels
