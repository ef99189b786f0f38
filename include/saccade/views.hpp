#pragma once

#include <cstdint>
#include <span>

namespace saccade {

/// A borrowed matrix of fp32 values: element (row, column) is data[row * row_stride + column].
struct ConstMatrixView {
  const float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_stride = 0;  ///< in elements, at least columns
};

/// A borrowed matrix that is written.
struct MatrixView {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_stride = 0;  ///< in elements, at least columns

  operator ConstMatrixView() const noexcept { return {data, rows, columns, row_stride}; }  // NOLINT
};

/// Borrowed vectors per token and head: element (token, head, d) is
/// data[token * token_stride + head * head_stride + d]. Covers packed [tokens][heads][head_dim], a third of a
/// fused [tokens][3][heads][head_dim], and head-major storage.
struct ConstHeadsView {
  const float* data = nullptr;
  std::int64_t tokens = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t token_stride = 0;  ///< in elements
  std::int64_t head_stride = 0;   ///< in elements
};

/// Borrowed vectors per token and head that are written.
struct HeadsView {
  float* data = nullptr;
  std::int64_t tokens = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t token_stride = 0;  ///< in elements
  std::int64_t head_stride = 0;   ///< in elements

  operator ConstHeadsView() const noexcept {  // NOLINT
    return {data, tokens, heads, head_dim, token_stride, head_stride};
  }
};

/// Where sequences begin and end in a ragged batch: n + 1 ascending token indices from 0 to the token count
/// (the literature's cu_seqlens). Sequence s has the tokens offsets[s] to offsets[s + 1] - 1. Empty sequences
/// are valid.
using Offsets = std::span<const std::int64_t>;

}  // namespace saccade
