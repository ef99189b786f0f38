#pragma once

#include <cstddef>

#include "kernels/attention/attention_parameters.hpp"
#include "kernels/product/fp64_sums.hpp"
#include "kernels/product/pack.hpp"

namespace saccade::kernels {
namespace {

/// Whether score_row can take keys of this length.
template <class L>
constexpr bool scores_rows(std::ptrdiff_t depth) {
  return sums_in_fp32<L> && depth % L::count == 0 && depth <= depth_piece;
}

/// Squares computed at once: each has one chain of multiply-adds, whose latency the others hide.
template <class L>
constexpr int score_squares = L::count < 8 ? 4 : 2;

/// scores[j] = q . k_j for `squares` times as many keys as a register has lanes. Squares of the keys are
/// transposed in registers and multiplied at once, in the same chains as a register tile's.
template <class L, int squares, class Stored>
[[gnu::always_inline]] inline void score_keys(const float* q, const Stored* keys, std::ptrdiff_t stride,
                                              std::ptrdiff_t depth, float* scores) noexcept {
  using F = typename L::F;
  F sum[squares];
  for (F& chain : sum) chain = L::broadcast(0.0f);
  for (std::ptrdiff_t k = 0; k < depth; k += L::count) {
    const Stored* from = keys + k;
    const Stored* ahead = from + squares * L::count * stride;
#pragma GCC unroll 4
    for (int s = 0; s < squares; ++s) {
      F square[L::count];
      transpose_square<L>(from, ahead, stride, square);
#pragma GCC unroll 16
      for (int i = 0; i < L::count; ++i) sum[s] = L::fma(L::broadcast(q[k + i]), square[i], sum[s]);
    }
  }
#pragma GCC unroll 4
  for (int s = 0; s < squares; ++s) L::store(scores + s * L::count, sum[s]);
}

/// scores[j] = q . k_j for one query and whole panels of keys stored as rows, without packing them: with one
/// query, each packed panel would be read only once.
template <class L, class Stored>
void score_row(const float* q, const Stored* keys, std::ptrdiff_t stride, std::ptrdiff_t count,
               std::ptrdiff_t depth, float* scores) noexcept {
  constexpr int squares = score_squares<L>;
  std::ptrdiff_t j = 0;
  for (; j + squares * L::count <= count; j += squares * L::count)
    score_keys<L, squares>(q, keys + j * stride, stride, depth, scores + j);
  for (; j < count; j += L::count) score_keys<L, 1>(q, keys + j * stride, stride, depth, scores + j);
}

}  // namespace
}  // namespace saccade::kernels
