#include "reference/row_contract.hpp"

#include <cmath>
#include <cstddef>
#include <limits>

#include "reference/contract.hpp"

namespace saccade::test::contract {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

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

/// term(column, sum) for each column, on sixteen lanes.
template <class Term>
float row_reduction(std::int64_t width, const Term& term) {
  float lane[16] = {};
  for (std::int64_t c = 0; c < width; ++c) lane[c % 16] = term(c, lane[c % 16]);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
  }
  return lane[0];
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

std::vector<float> layer_norm(const std::vector<float>& x, std::int64_t width,
                              const std::vector<float>& gamma, const std::vector<float>& beta,
                              float epsilon) {
  std::vector<float> out;
  const auto n = static_cast<float>(width);
  for (auto row = x.begin(); row != x.end(); row += width) {
    const float mean = row_reduction(width, [&](std::int64_t c, float sum) { return sum + row[c]; }) / n;
    const auto square = [&](std::int64_t c, float sum) {
      const float d = row[c] - mean;
      return std::fma(d, d, sum);
    };
    const float factor = 1.0f / std::sqrt(row_reduction(width, square) / n + epsilon);
    for (std::int64_t c = 0; c < width; ++c)
      out.push_back(
          std::fma((row[c] - mean) * factor, gamma[index(c)], beta.empty() ? 0.0f : beta[index(c)]));
  }
  return out;
}

std::vector<float> normalize(const std::vector<float>& x, std::int64_t width) {
  std::vector<float> out;
  for (auto row = x.begin(); row != x.end(); row += width) {
    const float squares =
        row_reduction(width, [&](std::int64_t c, float sum) { return std::fma(row[c], row[c], sum); });
    const float norm = std::sqrt(squares);
    for (std::int64_t c = 0; c < width; ++c) out.push_back(row[c] / (norm < 1e-12f ? 1e-12f : norm));
  }
  return out;
}

std::vector<float> rotate(const std::vector<float>& x, const std::vector<float>& cosines,
                          const std::vector<float>& sines) {
  const std::size_t half = cosines.size();
  std::vector<float> out = x;
  for (std::size_t i = 0; i < half; ++i) {
    out[i] = x[i] * cosines[i] - x[i + half] * sines[i];
    out[i + half] = x[i + half] * cosines[i] + x[i] * sines[i];
  }
  return out;
}

std::vector<float> pool(const std::vector<float>& x, std::int64_t width, const std::vector<float>& weights,
                        float by) {
  std::vector<float> out;
  for (std::int64_t c = 0; c < width; ++c) {
    float sum = 0.0f;
    for (std::size_t t = 0; t < weights.size(); ++t)
      sum = std::fma(weights[t], x[t * index(width) + index(c)], sum);
    out.push_back(sum / by);
  }
  return out;
}

}  // namespace saccade::test::contract
