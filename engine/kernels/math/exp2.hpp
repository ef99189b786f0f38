#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/layout.hpp"

namespace saccade::kernels {
namespace {

// Adding 1.5 * 2^23 rounds a small number to the nearest integer, ties to even, and leaves that integer in
// the low mantissa bits. The 127 added to it is the bias of the exponent field, to which exponent_field moves
// them.
constexpr float round_to_exponent = 12582912.0f + 127.0f;
/// Powers below 2^-125 are +0, so that neither they nor their products with the polynomial are subnormal.
constexpr float smallest_exponent = -125.0f;

/// 2^f for f in [-1/2, 1/2]: minimax polynomial of degree 5 with the constant term 1, relative error at
/// most 9.6e-8 (found by Lawson's reweighting in double precision, then a search over neighbouring fp32
/// coefficients).
template <class L>
typename L::F exp2_fraction(typename L::F f) noexcept {
  auto p = L::broadcast(0x1.5bba10p-10f);
  p = L::fma(p, f, L::broadcast(0x1.3cea96p-7f));
  p = L::fma(p, f, L::broadcast(0x1.c6b70ep-5f));
  p = L::fma(p, f, L::broadcast(0x1.ebf9bep-3f));
  p = L::fma(p, f, L::broadcast(0x1.62e42ap-1f));
  return L::fma(p, f, L::broadcast(1.0f));
}

/// exp2 of scores: 2^(u * c - m) for an integer m with |m| < 2^21, in one rounding less than by computing u *
/// c - m first:
///   t = fma(u, c, shift)      the integer n nearest to u c - m, plus round_to_exponent
///   f = fma(u, c, shift - t)  = u c - m - n
///   p = n < -125 ? +0 : exp2_fraction(f) * 2^n
/// NaN gives NaN. With m even, n + m and so f do not depend on m.
template <class L>
struct Exp2Scores {
  typename L::F c;
  typename L::F shift;  ///< round_to_exponent - m, an integer, so exact

  Exp2Scores(float scale, float m) noexcept
      : c(L::broadcast(scale)), shift(L::broadcast(round_to_exponent - m)) {}

  typename L::F operator()(typename L::F u) const noexcept {
    const auto t = L::fma(u, c, shift);
    const auto p = exp2_fraction<L>(L::fma(u, c, shift - t));
    return L::product_unless_less(t, L::broadcast(round_to_exponent + smallest_exponent), p,
                                  L::exponent_field(t));
  }
};

/// The even integer nearest to x, ties to the multiple of 4; x itself from 2^23 on, where it is an integer,
/// infinite or NaN.
inline float round_to_even_integer(float x) noexcept {
  constexpr float magic = 0x1.8p24f;  // one unit in the last place of which is 2
  return x > -0x1p23f && x < 0x1p23f ? (x + magic) - magic : x;
}

/// 2^(m_from - m_to) for integers m_from <= m_to: the factor that makes sums relative to 2^m_from relative to
/// 2^m_to. Exactly +0 below 2^-125 and from -infinity; 1 between equals, infinities too; NaN where either is.
/// Without a branch, since which of two blocks has the larger m cannot be predicted.
inline float rescale(float m_from, float m_to) noexcept {
  const float distance = m_from == m_to ? 0.0f : m_from - m_to;
  const float n =
      distance < smallest_exponent ? smallest_exponent - 2.0f : distance;  // whose exponent field is 0
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, n + round_to_exponent) << 23;
  return __builtin_bit_cast(float, bits) + (n - n);  // + 0, or NaN
}

}  // namespace
}  // namespace saccade::kernels
