#pragma once

#include <cstddef>
#include <limits>

#include "kernels/attention/attention_parameters.hpp"
#include "kernels/lanes/xsimd.hpp"
#include "kernels/math/exp2.hpp"
#include "kernels/math/log2.hpp"

namespace saccade::kernels {
namespace {

constexpr float log2_e = 1.44269504088896340736f;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// How a score s becomes a power: u = s * before, and the power is 2^(u * c). For scale > 0 the first
/// multiplication is left out (before = 1) and c = scale * log2 e; else before = scale and c = log2 e, so
/// that c > 0.
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

/// Sets u[from, to) to x.
template <class L>
void fill(float* u, std::ptrdiff_t from, std::ptrdiff_t to, float x) noexcept {
  const auto lanes = L::broadcast(x);
  for (; from + L::count <= to; from += L::count) L::store(u + from, lanes);
  if (from < to) L::store(u + from, lanes, static_cast<int>(to - from));
}

/// Panels of a row of scores, by the first key of the first and the end of the last. Hidden keys in them get
/// the score -infinity, which is never the maximum and whose power is +0, so that the steps below take whole
/// panels.
struct PanelRange {
  std::ptrdiff_t begin, end;
};

/// Hides the keys of the panels before `begin` and from `end` on.
template <class L>
[[gnu::always_inline]] inline void hide_around(float* u, PanelRange panels, std::ptrdiff_t begin,
                                               std::ptrdiff_t end) noexcept {
  if (panels.begin < begin) fill<L>(u, panels.begin, begin, -infinity);
  if (end >= panels.end) return;
  const auto hidden = L::broadcast(-infinity);
  std::ptrdiff_t j = end / L::count * L::count;
  L::store(u + j, L::select((1u << (end - j)) - 1u, L::load(u + j), hidden));
  for (j += L::count; j < panels.end; j += L::count) L::store(u + j, hidden);
}

/// The largest score of each lane, NaN left out; -infinity where there is none.
template <class L>
[[gnu::always_inline]] inline typename L::F lane_maxima(const float* u, PanelRange panels) noexcept {
  using F = typename L::F;
  constexpr int chains = 4;
  F largest[chains];
  for (F& x : largest) x = L::broadcast(-infinity);
  std::ptrdiff_t j = panels.begin;
  for (; j + chains * L::count <= panels.end; j += chains * L::count) {
#pragma GCC unroll 4
    for (int i = 0; i < chains; ++i) largest[i] = L::max(L::load(u + j + i * L::count), largest[i]);
  }
  for (; j < panels.end; j += L::count) largest[0] = L::max(L::load(u + j), largest[0]);
  return L::max(L::max(largest[0], largest[1]), L::max(largest[2], largest[3]));
}

/// The magnitude from which exponents are compressed: u c would overflow from four times as much on.
constexpr float compressed_exponent = 0x1p126f;

/// The exponent u c of a score u, so that e^score = 2^exponent. From 2^126 on every further unit counts a
/// quarter, so that the exponent of a score or bias of any size is finite, up to u c = 4.3 * 2^126: there two
/// scores that differ at all differ by so much that the smaller one has no weight.
inline float exponent_of(float u, float c) noexcept {
  const float exponent = u * c;
  if (exponent > -compressed_exponent && exponent < compressed_exponent) return exponent;
  return __builtin_fmaf(u, 0.25f * c, __builtin_copysignf(0.75f * compressed_exponent, u));
}

/// The score times the scale, (m + log2 l) ln 2, whose exponent m is as exponent_of() returns it.
inline float log_sum_exp_of(RowState state) noexcept {
  constexpr float ln_2 = 0.693147180559945309417f, most = std::numeric_limits<float>::max();
  const float m = state.m;
  if (!(m <= -compressed_exponent || m >= compressed_exponent) || m - m != 0.0f)
    return (m + log2(state.l)) * ln_2;
  const float score = (m - __builtin_copysignf(0.75f * compressed_exponent, m)) * (4.0f * ln_2);
  return score > most ? most : score < -most ? -most : score;
}

/// How the scores of a row in a block become powers: relative to 2^m, for an even integer m near the largest
/// exponent.
struct PowerBase {
  float c;
  float m;

  static PowerBase near(float largest, float c) noexcept {
    return {c, round_to_even_integer(exponent_of(largest, c)) + 0.0f};
  }
  /// m, or 0 where no score is above -infinity.
  float shift() const noexcept { return m == -infinity ? 0.0f : m; }
  /// Scores are raised in one step; others are too large to round against, and reduced first.
  bool direct() const noexcept { return shift() > -0x1p21f && shift() < 0x1p21f; }
  float reduced(float u) const noexcept { return exponent_of(u, c) - shift(); }
  template <class L>
  Exp2Scores<L> exp2() const noexcept {
    return direct() ? Exp2Scores<L>(c, shift()) : Exp2Scores<L>(1.0f, 0.0f);
  }
};

/// The power of one score.
template <class L>
float power_of(float u, const PowerBase& base) noexcept {
  float power[L::count];
  L::store(power, base.template exp2<L>()(L::broadcast(base.direct() ? u : base.reduced(u))));
  return power[0];
}

/// The base for u[begin, end), not empty, whose lanes' maxima are known. Scores too large to be raised in one
/// step are prepared in place.
template <class L>
[[gnu::always_inline]] inline PowerBase base_above(typename L::F maxima, float* u, std::ptrdiff_t begin,
                                                   std::ptrdiff_t end, const ScoreScale& scale) noexcept {
  const PowerBase base = PowerBase::near(L::largest(maxima), scale.c);
  for (std::ptrdiff_t j = begin; !base.direct() && j < end; ++j) u[j] = base.reduced(u[j]);
  return base;
}

/// The base for u[begin, end), not empty, which `panels` hold. Scores with a scale <= 0 are prepared in
/// place, too.
template <class L>
[[gnu::always_inline]] inline PowerBase power_base(float* u, std::ptrdiff_t begin, std::ptrdiff_t end,
                                                   const ScoreScale& scale, PanelRange panels) noexcept {
  if (!scale.plain) {
    for (std::ptrdiff_t j = begin; j < end; ++j) u[j] = u[j] * scale.before;
  }
  hide_around<L>(u, panels, begin, end);
  return base_above<L>(lane_maxima<L>(u, panels), u, begin, end, scale);
}

/// Replaces the scores in `panels` by powers, hidden ones by +0; the sixteen virtual lanes of the powers'
/// sum go to lane_sums. u[0] is the block's first key.
template <class L>
[[gnu::always_inline]] inline void raise_row(float* u, PanelRange panels, const PowerBase& base,
                                             float* lane_sums) noexcept {
  using F = typename L::F;
  constexpr int parts = static_cast<int>(panel_width) / L::count;
  const Exp2Scores<L> exp2 = base.template exp2<L>();
  F sum[parts];
  for (F& s : sum) s = L::broadcast(0.0f);
  const auto raise = [&](std::ptrdiff_t j) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) {
      const F p = exp2(L::load(u + j + i * L::count));
      L::store(u + j + i * L::count, p);
      sum[i] = sum[i] + p;
    }
  };
  std::ptrdiff_t j = panels.begin;
  for (; j + 4 * panel_width <= panels.end; j += 4 * panel_width) {
    raise(j);
    raise(j + panel_width);
    raise(j + 2 * panel_width);
    raise(j + 3 * panel_width);
  }
  for (; j < panels.end; j += panel_width) raise(j);
  for (int i = 0; i < parts; ++i) L::store(lane_sums + i * L::count, sum[i]);
}

/// The state of a block merged with that of the blocks before it.
inline RowState merge(RowState before, RowState block) noexcept {
  const float m = block.m > before.m ? block.m : before.m;
  return {m, __builtin_fmaf(before.l, rescale(before.m, m), block.l * rescale(block.m, m))};
}

/// What the sums of two states are multiplied by when the states are merged.
struct MergeFactors {
  float before;
  float block;
};
inline MergeFactors merge_into(RowState& state, RowState block) noexcept {
  const RowState before = state;
  state = merge(before, block);
  return {rescale(before.m, state.m), rescale(block.m, state.m)};
}

}  // namespace
}  // namespace saccade::kernels
