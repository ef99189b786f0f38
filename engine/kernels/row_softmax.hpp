#pragma once

#include <cstddef>
#include <limits>

#include "kernels/exp2.hpp"
#include "kernels/kernel_table.hpp"
#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

constexpr float log2_e = 1.44269504088896340736f;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// A score s as the softmax takes it: u = s * before, and its power is 2^(u * c). For scale > 0 the
/// multiplication before is left out (before = 1) and c = scale * log2 e; else before = scale and c = log2 e,
/// so that c > 0.
struct ScoreScale {
  float before;
  float c;
  bool plain;
  explicit ScoreScale(float scale) noexcept
      : before(scale > 0.0f ? 1.0f : scale), c(scale > 0.0f ? scale * log2_e : log2_e), plain(scale > 0.0f) {}
};

/// One row's statistics over a block of keys: powers are relative to 2^m, l is their sum.
struct RowState {
  float m;
  float l;
};

/// Largest of u[begin, end), NaN left out; -infinity where there is none.
template <class L>
float row_max(const float* u, std::ptrdiff_t begin, std::ptrdiff_t end) noexcept {
  using F = typename L::F;
  F largest[2] = {L::broadcast(-infinity), L::broadcast(-infinity)};
  std::ptrdiff_t j = begin;
  for (; j + 2 * L::count <= end; j += 2 * L::count) {
    largest[0] = L::max(L::load(u + j), largest[0]);
    largest[1] = L::max(L::load(u + j + L::count), largest[1]);
  }
  float m = L::largest(L::max(largest[0], largest[1]));
  for (; j < end; ++j) m = u[j] > m ? u[j] : m;
  return m;
}

/// Sixteen virtual lanes in the registers `sums`, then the tree 8-4-2-1: the row reduction of the contract.
template <class L>
float reduce_row(typename L::F* sums) noexcept {
  for (int half = static_cast<int>(panel_width) / L::count / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) sums[i] = sums[i] + sums[i + half];
  }
  return L::tree_sum(sums[0]);
}

/// Sets u[j] to +0 in [from, to).
inline void clear(float* u, std::ptrdiff_t from, std::ptrdiff_t to) noexcept {
  for (; from < to; ++from) u[from] = 0.0f;
}

/// Replaces the scores of one row and block by powers, u[j] <- 2^(u[j] c - m) for j in [begin, end), and by
/// +0 around them up to the next multiples of 16; returns m, an even integer near the largest u c, and the
/// powers' sum. u is aligned so that u[0] is a block's first key. No visible score must be masked by its
/// value.
template <class L>
RowState softmax_block(float* u, std::ptrdiff_t begin, std::ptrdiff_t end, const ScoreScale& scale) noexcept {
  using F = typename L::F;
  constexpr int parts = static_cast<int>(panel_width) / L::count;
  if (!scale.plain) {
    for (std::ptrdiff_t j = begin; j < end; ++j) u[j] = u[j] * scale.before;
  }
  float c = scale.c;
  const float m = round_to_even_integer(row_max<L>(u, begin, end) * c) + 0.0f;
  float shift = m == -infinity ? 0.0f : m;
  if (!(shift > -0x1p21f && shift < 0x1p21f)) {  // too large to round against in one step
    for (std::ptrdiff_t j = begin; j < end; ++j) u[j] = u[j] * c - shift;
    c = 1.0f;
    shift = 0.0f;
  }
  const Exp2Scores<L> exp2(c, shift);
  F sum[parts];
  for (F& s : sum) s = L::broadcast(0.0f);
  const auto replace = [&](std::ptrdiff_t j) {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) {
      const F p = exp2(L::load(u + j + i * L::count));
      L::store(u + j + i * L::count, p);
      sum[i] = sum[i] + p;
    }
  };
  // Where the row begins or ends inside a 16, powers of other keys' scores are computed and taken back.
  const auto replace_within = [&](std::ptrdiff_t j, std::ptrdiff_t from, std::ptrdiff_t to) {
    for (int i = 0; i < parts; ++i) {
      float* const at = u + j + i * L::count;
      L::store(at, exp2(L::load(at)));
    }
    clear(u, j, from);
    clear(u, to, j + panel_width);
    for (int i = 0; i < parts; ++i) sum[i] = sum[i] + L::load(u + j + i * L::count);
  };
  std::ptrdiff_t j = begin / panel_width * panel_width;
  if (j < begin) {
    replace_within(j, begin, end < j + panel_width ? end : j + panel_width);
    j += panel_width;
  }
  for (; j + panel_width <= end; j += panel_width) replace(j);
  if (j < end) replace_within(j, j, end);
  return {m, reduce_row<L>(sum)};
}

/// Joins the state of a block to that of the blocks before it.
inline RowState merge(RowState before, RowState block) noexcept {
  const float m = block.m > before.m ? block.m : before.m;
  return {m, __builtin_fmaf(before.l, rescale(before.m, m), block.l * rescale(block.m, m))};
}

/// Two passes, so that only one block of powers is held; bits as attention's probabilities.
template <class L>
void row_softmax(const RowSoftmax& r) noexcept {
  const ScoreScale scale(r.scale);
  alignas(64) float powers[left_stride];
  const auto block_powers = [&](std::ptrdiff_t begin, std::ptrdiff_t n) {
    for (std::ptrdiff_t j = 0; j < n; ++j) powers[j] = r.in[begin + j];
    clear(powers, n, round_up(n, panel_width));
    return softmax_block<L>(powers, 0, n, scale);
  };
  const auto block_size = [&](std::ptrdiff_t begin) {
    return r.columns - begin < key_block ? r.columns - begin : key_block;
  };
  RowState row = {};
  for (std::ptrdiff_t j = 0; j < r.columns; j += key_block) {
    const RowState block = block_powers(j, block_size(j));
    row = j == 0 ? block : merge(row, block);
  }
  const float inverse = 1.0f / row.l;
  for (std::ptrdiff_t j = 0; j < r.columns; j += key_block) {
    const std::ptrdiff_t n = block_size(j);
    const float factor = rescale(block_powers(j, n).m, row.m);
    for (std::ptrdiff_t i = 0; i < n; ++i) r.out[j + i] = powers[i] * factor * inverse;
  }
}

}  // namespace
}  // namespace saccade::kernels
