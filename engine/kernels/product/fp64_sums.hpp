#pragma once

#include "kernels/lanes/xsimd.hpp"

namespace saccade::kernels {
namespace {

/// Selects kernels over lanes L that sum matrix elements in double precision; all else is as for L.
template <class L>
struct Fp64Sums : L {};

/// The lanes of a register tile that sums in double precision: as many doubles as L has floats, fp32 in
/// memory.
template <class L>
struct DoubleLanes {
  using D = typename L::D;
  struct F {
    D low, high;
    friend F operator+(F a, F b) noexcept { return {a.low + b.low, a.high + b.high}; }
  };
  static constexpr int count = L::count;
  static constexpr int registers = L::registers / 2;

  static F broadcast(float x) noexcept {
    const D d = L::broadcast_double(x);
    return {d, d};
  }
  static F load(const float* p) noexcept { return {L::load_double(p), L::load_double(p + count / 2)}; }
  static void store(float* p, F x) noexcept {
    L::store(p, x.low);
    L::store(p + count / 2, x.high);
  }
  static F fma(F a, F b, F c) noexcept {
    return {L::fma(a.low, b.low, c.low), L::fma(a.high, b.high, c.high)};
  }
  static void keep(F&) noexcept {}
};

template <class L>
struct SumLanesOf {
  using Type = L;
};
template <class L>
struct SumLanesOf<Fp64Sums<L>> {
  using Type = DoubleLanes<L>;
};
/// The lanes in which matrix elements are summed.
template <class L>
using SumLanes = typename SumLanesOf<L>::Type;

/// The lanes in which all else is computed.
template <class L>
struct PlainLanesOf {
  using Type = L;
};
template <class L>
struct PlainLanesOf<Fp64Sums<L>> {
  using Type = L;
};
template <class L>
using PlainLanes = typename PlainLanesOf<L>::Type;

template <class L>
constexpr bool sums_in_fp32 = true;
template <class L>
constexpr bool sums_in_fp32<Fp64Sums<L>> = false;
template <class L>
constexpr bool sums_in_fp32<DoubleLanes<L>> = false;

}  // namespace
}  // namespace saccade::kernels
