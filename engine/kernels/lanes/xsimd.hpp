#pragma once

#include <cstddef>
#include <cstdint>
#include <xsimd/xsimd.hpp>

namespace saccade::kernels {
namespace {

// clang-format off
/// A register of fp32 lanes and what kernels do with it, with one defined result on every ISA: the kernels' only way
/// to xsimd. A specialisation per ISA (lanes/<isa>.hpp) has
///   F, count, registers                  the register, its lanes, how many of them the ISA has
///   broadcast(x), load(p), store(p, x)   unaligned
///   load(p, n), store(p, x, n)           the first n lanes, 0 <= n <= count; others read as +0, are not written
///   fma(a, b, c)                         a * b + c, rounded once
///   max(a, b)                            a > b ? a : b in each lane: b where either is NaN
///   exponent_field(t)                    the integer in the low mantissa bits of t, moved into the exponent field
///   product_unless_less(t, limit, a, b)  t < limit ? +0 : a * b in each lane; a NaN in t keeps the product
///   transpose(rows)                      of `count` registers, in place
///   tree_sum(x)                          the upper half of the lanes is added to the lower until one is left
///   largest(x)                           of the lanes, none of which is NaN
///   keep(x)                              the compiler takes x to have changed here
/// and F has + - and *, each rounded once.
// clang-format on
template <class Arch>
struct Lanes;

/// What xsimd gives in the same way on every architecture.
template <class Arch>
struct XsimdLanes {
  using F = xsimd::batch<float, Arch>;
  static constexpr int count = static_cast<int>(F::size);

  static F broadcast(float x) noexcept { return F(x); }
  static F load(const float* p) noexcept { return F::load_unaligned(p); }
  static void store(float* p, F x) noexcept { x.store_unaligned(p); }
  static F fma(F a, F b, F c) noexcept { return xsimd::fma(a, b, c); }
  static F exponent_field(F t) noexcept {
    return xsimd::bitwise_cast<float>(xsimd::bitwise_cast<std::int32_t>(t) << 23);
  }
  static F product_unless_less(F t, F limit, F a, F b) noexcept {
    return xsimd::select(t < limit, F(0.0f), a * b);
  }
};

}  // namespace
}  // namespace saccade::kernels
