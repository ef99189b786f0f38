#pragma once

#include <cstdint>
#include <span>

#include "saccade/storage_type.hpp"

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
/// fused [tokens][3][heads][head_dim], and [heads][tokens][head_dim]. Where sequence_stride is not 0,
/// sequence s begins at data + s * sequence_stride and its tokens are counted from there: padded
/// [batch][length][heads][head_dim], and [batch][heads][length][head_dim]. Strides in elements, 0 or more.
struct ConstHeadsView {
  const void* data = nullptr;
  std::int64_t tokens = 0;  ///< of all sequences together
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t token_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t sequence_stride = 0;
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
};

/// Borrowed vectors per token and head that are written: rounded to nearest where `type` is not f32.
struct HeadsView {
  void* data = nullptr;
  std::int64_t tokens = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t token_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t sequence_stride = 0;
  StorageType type = StorageType::f32;

  operator ConstHeadsView() const noexcept {  // NOLINT
    return {data, tokens, heads, head_dim, token_stride, head_stride, sequence_stride, type};
  }
};

/// Where sequences begin and end in a ragged batch: n + 1 ascending token indices from 0 to the token count
/// (the literature's cu_seqlens). Sequence s has the tokens offsets[s] to offsets[s + 1] - 1. Empty sequences
/// are valid.
using Offsets = std::span<const std::int64_t>;

/// A ragged batch of token ids, and of which type each token is (which text of a pair, for most models).
struct TokenIds {
  std::span<const std::int32_t> ids;         ///< [tokens]
  std::span<const std::int32_t> types = {};  ///< [tokens]; empty: all 0
  Offsets offsets;
};

}  // namespace saccade
