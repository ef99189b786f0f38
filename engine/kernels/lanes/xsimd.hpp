#pragma once

#include <cstddef>
#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "core/half.hpp"

namespace saccade::kernels {
namespace {

/// The bits of a value as it is stored.
struct Float16 {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

// clang-format off
/// A register of fp32 lanes and its operations, each with one defined result on every ISA. Kernels use xsimd and
/// intrinsics only through it. A specialisation per ISA (lanes/<isa>.hpp) has
///   F, count, registers                  the register, its lanes, how many of them the ISA has
///   broadcast(x), load(p), store(p, x)   unaligned
///   load(p, n), store(p, x, n)           the first n lanes, 0 <= n <= count; others read as +0, are not written
///                                        load and store take Float16 and BFloat16 too, rounding to nearest even
///   fma(a, b, c)                         a * b + c, rounded once
///   max(a, b)                            a > b ? a : b in each lane: b where either is NaN
///   exponent_field(t)                    the integer in the low mantissa bits of t, moved into the exponent field
///   divide(a, b), sqrt(x)                rounded once
///   copy_sign(a, b)                      a with the sign of b, bit by bit
///   nonzero_bits(p)                      bit i: byte i of the sixteen at p is not 0
///   equal_bits(a, b)                     bit i: lanes i are equal
///   select(bits, a, b)                   bit i ? a : b in lane i
///   product_unless_less(t, limit, a, b)  t < limit ? +0 : a * b in each lane; a NaN in t keeps the product
///   transpose(rows)                      of `count` registers, in place
///   tree_sum(x)                          the upper half of the lanes is added to the lower until one is left
///   largest(x)                           of the lanes, none of which is NaN
///   keep(x)                              the compiler takes x to have changed here
///   D                                    a register of count / 2 doubles
///   broadcast_double(x), load_double(p)  of floats
///   fma(D, D, D), store(p, D)            rounded once, to double; to floats
/// and F has + - and *, D +, each rounded once.
// clang-format on
template <class Arch>
struct Lanes;

/// Rounds to nearest, ties to even; NaN stays NaN.
inline BFloat16 bfloat16_of(float x) noexcept {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if (x != x) return {static_cast<std::uint16_t>(bits >> 16 | 0x40u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

/// Bit i: byte i of eight is not 0.
inline unsigned nonzero_bits_of_8(const std::uint8_t* bytes) noexcept {
  constexpr std::uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
  std::uint64_t x;
  __builtin_memcpy(&x, bytes, sizeof x);
  const std::uint64_t set = ((((x & low7) + low7) | x) & ~low7) >> 7;  // 1 in each byte that is not 0
  return static_cast<unsigned>(set * 0x0102040810204080u >> 56);
}

/// Partial loads and stores of stored values by way of whole registers, and conversions of bf16 by its bits.
template <class L, int count>
struct StoredLanes {
  static unsigned nonzero_bits(const std::uint8_t* p) noexcept {
    return nonzero_bits_of_8(p) | nonzero_bits_of_8(p + 8) << 8;
  }
  static auto load(const BFloat16* p) noexcept {
    float lanes[count];
    for (int i = 0; i < count; ++i) lanes[i] = core::float_from_bf16(p[i].bits);
    return L::load(lanes);
  }
  template <class Stored>
  static auto load(const Stored* p, int n) noexcept {
    Stored lanes[count] = {};
    for (int i = 0; i < n; ++i) lanes[i] = p[i];
    return L::load(lanes);
  }
  template <class F>
  static void store(BFloat16* p, F x) noexcept {
    float lanes[count];
    L::store(lanes, x);
    for (int i = 0; i < count; ++i) p[i] = bfloat16_of(lanes[i]);
  }
  template <class Stored, class F>
  static void store(Stored* p, F x, int n) noexcept {
    Stored lanes[count];
    L::store(lanes, x);
    for (int i = 0; i < n; ++i) p[i] = lanes[i];
  }
};

/// The operations that xsimd has with the same result on every architecture.
template <class Arch>
struct XsimdLanes {
  using F = xsimd::batch<float, Arch>;
  using D = xsimd::batch<double, Arch>;
  static constexpr int count = static_cast<int>(F::size);

  static F broadcast(float x) noexcept { return F(x); }
  static F load(const float* p) noexcept { return F::load_unaligned(p); }
  static void store(float* p, F x) noexcept { x.store_unaligned(p); }
  static F fma(F a, F b, F c) noexcept { return xsimd::fma(a, b, c); }
  static D fma(D a, D b, D c) noexcept { return xsimd::fma(a, b, c); }
  static F divide(F a, F b) noexcept { return a / b; }
  static F sqrt(F x) noexcept { return xsimd::sqrt(x); }
  static F copy_sign(F a, F b) noexcept { return xsimd::copysign(a, b); }
  static F exponent_field(F t) noexcept {
    return xsimd::bitwise_cast<float>(xsimd::bitwise_cast<std::int32_t>(t) << 23);
  }
  static F product_unless_less(F t, F limit, F a, F b) noexcept {
    return xsimd::select(t < limit, F(0.0f), a * b);
  }
};

}  // namespace
}  // namespace saccade::kernels
