#pragma once

#include <cstdint>
#include <span>

#include "saccade/storage_type.hpp"

namespace saccade {

/// A borrowed fp32 matrix, read only: element (row, column) is data[row * row_stride + column].
struct ConstMatrixView {
  const float* data = nullptr;  ///< element (0, 0); null is valid for an empty matrix
  std::int64_t rows = 0;        ///< 0 or more
  std::int64_t columns = 0;     ///< 0 or more
  std::int64_t row_stride = 0;  ///< in elements, at least columns
};

/// A borrowed fp32 matrix that is written; laid out as ConstMatrixView.
struct MatrixView {
  float* data = nullptr;        ///< element (0, 0); null is valid for an empty matrix
  std::int64_t rows = 0;        ///< 0 or more
  std::int64_t columns = 0;     ///< 0 or more
  std::int64_t row_stride = 0;  ///< in elements, at least columns

  /// The same elements, read only.
  operator ConstMatrixView() const noexcept { return {data, rows, columns, row_stride}; }  // NOLINT
};

/// Borrowed vectors per token and head, read only: element (token, head, d) is
/// data[token * token_stride + head * head_stride + d]. Covers packed [tokens][heads][head_dim], a third of a
/// fused [tokens][3][heads][head_dim], and [heads][tokens][head_dim].
///
/// With a sequence_stride other than 0, sequence s begins at data + s * sequence_stride and its tokens are
/// counted from 0 there: this covers padded [batch][length][heads][head_dim] and
/// [batch][heads][length][head_dim]; offsets still say how many tokens each sequence has.
///
/// @code
/// const std::vector<float> qkv(32 * 3 * 8 * 64);   // fused [32 tokens][q, k, v][8 heads][64]
/// const saccade::ConstHeadsView fused_k = {
///     .data = qkv.data() + 8 * 64, .tokens = 32, .heads = 8, .head_dim = 64,
///     .token_stride = 3 * 8 * 64, .head_stride = 64};
/// @endcode
struct ConstHeadsView {
  const void* data = nullptr;           ///< element (0, 0, 0), of `type`; null is valid for 0 tokens
  std::int64_t tokens = 0;              ///< of all sequences together
  std::int64_t heads = 0;               ///< 1 or more
  std::int64_t head_dim = 0;            ///< values of a token's vector in one head, 1 or more
  std::int64_t token_stride = 0;        ///< from a token to the next one, in elements, 0 or more
  std::int64_t head_stride = 0;         ///< from a head to the next one, in elements, 0 or more
  std::int64_t sequence_stride = 0;     ///< from a sequence to the next one, in elements; 0: by token_stride
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
};

/// Borrowed vectors per token and head that are written, rounded to nearest where `type` is not f32. Laid out
/// as ConstHeadsView; vectors must not overlap.
struct HeadsView {
  void* data = nullptr;                 ///< element (0, 0, 0), of `type`; null is valid for 0 tokens
  std::int64_t tokens = 0;              ///< of all sequences together
  std::int64_t heads = 0;               ///< 1 or more
  std::int64_t head_dim = 0;            ///< values of a token's vector in one head, 1 or more
  std::int64_t token_stride = 0;        ///< from a token to the next one, in elements
  std::int64_t head_stride = 0;         ///< from a head to the next one, in elements
  std::int64_t sequence_stride = 0;     ///< from a sequence to the next one, in elements; 0: by token_stride
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16

  /// The same elements, read only.
  operator ConstHeadsView() const noexcept {  // NOLINT
    return {data, tokens, heads, head_dim, token_stride, head_stride, sequence_stride, type};
  }
};

/// The sequence boundaries of a ragged batch: n + 1 ascending token indices from 0 to the token count (the
/// literature's cu_seqlens). Sequence s has the tokens offsets[s] to offsets[s + 1] - 1. Empty sequences are
/// valid.
using Offsets = std::span<const std::int64_t>;

/// A ragged batch of token ids.
struct TokenIds {
  std::span<const std::int32_t> ids;         ///< [tokens]
  std::span<const std::int32_t> types = {};  ///< [tokens], for most models which text of a pair; empty: all 0
  Offsets offsets;                           ///< sequence boundaries
};

}  // namespace saccade
