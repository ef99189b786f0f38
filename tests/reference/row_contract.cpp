#include "reference/row_contract.hpp"

#include <cmath>
#include <cstddef>
#include <limits>

#include "reference/contract.hpp"

namespace saccade::test::contract {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Coefficients from the highest power down.
template <std::size_t count>
float horner(const float (&coefficients)[count], float x) {
  float y = coefficients[0];
  for (std::size_t i = 1; i < count; ++i) y = std::fma(y, x, coefficients[i]);
  return y;
}

/// x / (1 + e^-v).
float sigmoid_product(float x, float v) {
  constexpr float log2_e = 0x1.715476p+0f, log2_e_rest = 0x1.4ae0cp-26f;
  if (std::isnan(v)) return nan;
  if (v < -87.0f) return 0.0f;
  const float n = std::nearbyint(static_cast<float>(-static_cast<double>(v) * static_cast<double>(log2_e)));
  if (n < -125.0f) return x * (1.0f / (1.0f + 0.0f));
  const float f = std::fma(v, -log2_e_rest, std::fma(v, -log2_e, -n));
  return x * (1.0f / (1.0f + std::ldexp(power_fraction(f), static_cast<int>(n))));
}

}  // namespace

float relu(float x) {
  return x < 0.0f ? 0.0f : x;
}

float gelu(float x) {
  constexpr float over[] = {0x1.141c6cp-8f, 0x1.529e4ep-5f, 0x1.7bba58p-3f, 0x1.c405b4p-2f, 0.5f},
                  under[] = {0x1.5a0dccp-7f, 0x1.a869p-4f,   0x1.e69d26p-2f,
                             0x1.363c7ap+0f, 0x1.ae450cp+0f, 1.0f};
  constexpr float half_log2_e = 0x1.715476p-1f, magic = 12582912.0f;
  if (std::isnan(x)) return nan;
  const float positive = x < 0.0f ? 0.0f : x, a = std::abs(x), s = a * a;
  if (!(s < 256.0f)) return positive;
  const float n = std::fma(s, -half_log2_e, magic) - magic;
  if (n < -124.0f) return positive;
  const float f = std::fma(std::fma(a, a, -s), -half_log2_e, std::fma(s, -half_log2_e, -n));
  const float moment = a * horner(over, a) * power_fraction(f) / horner(under, a);
  return positive - std::ldexp(moment, static_cast<int>(n));
}

float silu(float x) {
  return sigmoid_product(x, x);
}

float gelu_tanh(float x) {
  return sigmoid_product(x, std::fma(x * x, 0x1.2444f2p-4f, 0x1.988454p+0f) * x);
}

}  // namespace saccade::test::contract
