#include "reference/contract.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace saccade::test::contract {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float log2_e = 1.44269504088896340736f, ln_2 = 0.693147180559945309417f;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t key_block = 512, lanes = 16, piece = 256;

/// Coefficients of f^5, ..., f^1, 1.
constexpr float polynomial[] = {0x1.5bba10p-10f, 0x1.3cea96p-7f, 0x1.c6b70ep-5f,
                                0x1.ebf9bep-3f,  0x1.62e42ap-1f, 1.0f};

float even_integer_nearest(float x) {
  return std::abs(x) < 0x1p23f ? 2.0f * std::nearbyint(x * 0.5f) : x;
}

/// u c; from 2^126 on every further unit counts a quarter, so that no finite score or bias overflows.
float exponent_of(float u, float c) {
  const float exponent = u * c;
  return std::abs(exponent) < 0x1p126f ? exponent : std::fma(u, 0.25f * c, std::copysign(0x1.8p125f, u));
}

/// (m + log2 l) ln 2, of an exponent m.
float log_sum_exp_of(float m, float l) {
  if (std::abs(m) < 0x1p126f || !std::isfinite(m)) return (m + contract::log2(l)) * ln_2;
  constexpr float most = std::numeric_limits<float>::max();
  return std::clamp((m - std::copysign(0x1.8p125f, m)) * (4.0f * ln_2), -most, most);
}

/// 2^(m_from - m_to), exact; +0 below 2^-125.
float rescale(float m_from, float m_to) {
  if (m_from == m_to) return 1.0f;
  const float n = m_from - m_to;
  if (std::isnan(n)) return nan;
  return n < -125.0f ? 0.0f : std::ldexp(1.0f, static_cast<int>(n));
}

/// A row of the result while blocks are merged into it.
struct Row {
  bool seen = false;
  float m = 0.0f;
  float l = 0.0f;
  std::vector<float> sums;

  void merge(const Powers& block, const std::vector<float>& block_sums) {
    if (!seen) {
      *this = {true, block.m, block.sum, block_sums};
      return;
    }
    const float larger = block.m > m ? block.m : m;
    const float alpha = rescale(m, larger), beta = rescale(block.m, larger);
    l = std::fma(l, alpha, block.sum * beta);
    for (std::size_t d = 0; d < sums.size(); ++d) sums[d] = std::fma(sums[d], alpha, block_sums[d] * beta);
    m = larger;
  }
};

/// A block of keys as one row sees it.
struct VisibleBlock {
  std::vector<std::int64_t> keys;
  Powers powers;
};

/// Scores need only the factor that the power applies anyway.
bool plain(const AttentionHead& head) {
  return head.scale > 0.0f && head.softcap == 0.0f && !head.has_bias();
}

/// What the power takes of a score.
float shaped(const AttentionHead& head, std::int64_t query, std::int64_t key, ScorePoint point) {
  float u = matrix_element(head.query(query), head.key(key), head.head_dim, head.accumulation);
  if (!plain(head)) u = u * head.scale;
  if (point == ScorePoint::scaled) return u;
  if (head.softcap != 0.0f) u = head.softcap * tanh(u * (1.0f / head.softcap));
  if (point == ScorePoint::capped) return u;
  const bool saturates = !head.bias.empty() && !head.distance_bias.empty();
  const auto add = [&](float bias) {
    constexpr float most = std::numeric_limits<float>::max();
    const bool finite = std::isfinite(u) && std::isfinite(bias);
    u = u + bias;
    if (saturates && finite) u = std::clamp(u, -most, most);
  };
  if (!head.bias.empty()) add(head.bias_of(query, key));
  if (!head.distance_bias.empty()) add(head.distance_bias_of(query, key));
  return u;
}

std::vector<float> weighted_values(const AttentionHead& head, const VisibleBlock& block) {
  std::vector<float> sums(static_cast<std::size_t>(head.value_dim), 0.0f);
  for (std::size_t n = 0; n < block.keys.size(); ++n) {
    const float* const value = head.value(block.keys[n]);
    for (std::size_t d = 0; d < sums.size(); ++d) sums[d] = std::fma(block.powers.p[n], value[d], sums[d]);
  }
  return sums;
}

/// The block with the keys from `begin` on, and the keys behind it.
VisibleBlock visible_block(const AttentionHead& head, std::int64_t query, std::int64_t begin,
                           std::int64_t end) {
  VisibleBlock block;
  std::vector<float> u;
  std::vector<std::int64_t> positions;
  for (std::int64_t j = begin; j < end; ++j) {
    if (!head.sees(query, j)) continue;
    block.keys.push_back(j);
    positions.push_back((head.first_key + j) % key_block);
    u.push_back(shaped(head, query, j, ScorePoint::biased));
  }
  const float c = plain(head) ? head.scale * log2_e : log2_e;
  if (!u.empty()) block.powers = powers_of(std::move(u), positions, c);
  return block;
}

void attend(const AttentionHead& head, std::int64_t query, float* out, float* probabilities,
            float& log_sum_exp) {
  Row row;
  std::vector<VisibleBlock> blocks;
  for (std::int64_t begin = 0, end; begin < head.keys; begin = end) {
    end = std::min(begin + key_block - (head.first_key + begin) % key_block, head.keys);
    VisibleBlock block = visible_block(head, query, begin, end);
    if (block.keys.empty()) continue;
    row.merge(block.powers, weighted_values(head, block));
    blocks.push_back(std::move(block));
  }
  log_sum_exp = -infinity;
  if (!row.seen) return;
  if (head.sink) row.merge(powers_of({*head.sink}, {0}, log2_e), std::vector<float>(row.sums.size(), 0.0f));
  const float inverse = 1.0f / row.l;
  for (std::size_t d = 0; d < row.sums.size(); ++d) out[d] = row.sums[d] * inverse + 0.0f;
  log_sum_exp = log_sum_exp_of(row.m, row.l);
  for (const VisibleBlock& block : blocks) {
    const float factor = rescale(block.powers.m, row.m);
    for (std::size_t n = 0; n < block.keys.size(); ++n)
      probabilities[block.keys[n]] = block.powers.p[n] * factor * inverse;
  }
}

/// In the precision of Sum.
template <class Sum>
float sum_of_products(const float* a, const float* b, std::int64_t depth, float begin) {
  float sum = 0.0f;
  for (std::int64_t first = 0; first < depth; first += piece) {
    Sum chain = first == 0 ? Sum{begin} : Sum{0};
    for (std::int64_t k = first; k < std::min(first + piece, depth); ++k)
      chain = std::fma(Sum{a[k]}, Sum{b[k]}, chain);
    sum = static_cast<float>(first == 0 ? chain : Sum{sum} + chain);
  }
  return sum;
}

}  // namespace

float matrix_element(const float* a, const float* b, std::int64_t depth, Accumulation accumulation,
                     float begin) {
  return accumulation == Accumulation::fp64 ? sum_of_products<double>(a, b, depth, begin)
                                            : sum_of_products<float>(a, b, depth, begin);
}

float finish(float sum, const Epilogue& epilogue) {
  if (epilogue.bias != nullptr) sum = sum + *epilogue.bias;
  if (epilogue.activation != nullptr) sum = epilogue.activation(sum);
  if (epilogue.gate != nullptr) sum = sum * *epilogue.gate;
  if (epilogue.residual != nullptr) sum = sum + *epilogue.residual;
  return sum;
}

float linear_element(const float* a, const float* b, std::int64_t depth, Epilogue epilogue,
                     Accumulation accumulation) {
  float begin = 0.0f;
  if (accumulation == Accumulation::fp64) {
    const bool residual_next = epilogue.activation == nullptr && epilogue.gate == nullptr;
    if (epilogue.bias != nullptr) begin = *epilogue.bias;
    if (residual_next && epilogue.residual != nullptr) begin = begin + *epilogue.residual;
    epilogue.bias = nullptr;
    if (residual_next) epilogue.residual = nullptr;
  }
  return finish(matrix_element(a, b, depth, accumulation, begin), epilogue);
}

std::vector<float> linear(const std::vector<float>& x, const std::vector<float>& weight,
                          const std::vector<float>& bias, std::int64_t in, std::int64_t out) {
  std::vector<float> y;
  for (std::size_t row = 0; row < x.size(); row += static_cast<std::size_t>(in)) {
    for (std::int64_t o = 0; o < out; ++o) {
      y.push_back(linear_element(x.data() + row, weight.data() + o * in, in,
                                 {.bias = bias.empty() ? nullptr : bias.data() + o}));
    }
  }
  return y;
}

float power(float u, float c, float m) {
  constexpr float round = 12582912.0f + 127.0f;
  const float shift = round - m;
  const float t = std::fma(u, c, shift);
  const float n = t - round;
  if (n < -125.0f) return 0.0f;
  const float p = power_fraction(std::fma(u, c, shift - t));
  return std::isnan(n) ? nan : std::ldexp(p, static_cast<int>(n));
}

float power_fraction(float f) {
  float p = polynomial[0];
  for (int i = 1; i < 6; ++i) p = std::fma(p, f, polynomial[i]);
  return p;
}

float tanh(float x) {
  constexpr float round = 12582912.0f + 127.0f;
  constexpr float coefficients[] = {0x1.6bed1p-5f, 0x1.1227cp-3f, 0x1.555672p-2f, 0x1.5554bp-1f,
                                    0x1.fffffep-1f};
  if (std::isnan(x)) return nan;
  const float a = std::max(-std::abs(x), -9.125f);
  const float n = std::fma(a, 0x1.715476p+1f, round) - round;  // 2 log2 e
  const float t = std::ldexp(1.0f, static_cast<int>(n));
  const float s = std::fma(n, -0x1.62e43p-2f, a);  // ln2 / 2
  float w = coefficients[0];
  for (int i = 1; i < 5; ++i) w = std::fma(w, s, coefficients[i]);
  const float p = std::fma(s * s, w, s);
  const float over = std::fma(t, p, std::fma(t, 0.5f, -0.5f)),
              under = std::fma(t, p, std::fma(t, 0.5f, 0.5f));
  return std::copysign(over / under, x);
}

float log2(float x) {
  constexpr float coefficients[] = {0x1.01de58p-3f, -0x1.a7b446p-3f, 0x1.b951a8p-3f, -0x1.e9776ep-3f,
                                    0x1.26dc9ep-2f, -0x1.715bcep-2f, 0x1.ec737p-2f,  -0x1.71547p-1f};
  if (x == 0.0f) return -infinity;
  if (!(x < infinity)) return x;
  int exponent = 0;
  float mantissa = std::frexp(x, &exponent);  // in [1/2, 1)
  if (mantissa < 0x1.6a09e6p-1f) {            // the root of 1/2
    mantissa = mantissa * 2.0f;
    exponent = exponent - 1;
  }
  const float f = mantissa - 1.0f;
  float p = coefficients[0];
  for (int i = 1; i < 8; ++i) p = std::fma(p, f, coefficients[i]);
  return static_cast<float>(exponent) + std::fma(f, 0x1.715476p+0f, f * f * p);
}

Powers powers_of(std::vector<float> u, const std::vector<std::int64_t>& positions, float c) {
  float largest = -infinity;
  for (const float x : u) largest = x > largest ? x : largest;
  Powers block;
  block.m = even_integer_nearest(exponent_of(largest, c)) + 0.0f;
  float shift = block.m == -infinity ? 0.0f : block.m;
  if (!(std::abs(shift) < 0x1p21f)) {
    for (float& x : u) x = exponent_of(x, c) - shift;
    c = 1.0f;
    shift = 0.0f;
  }
  float lane[lanes] = {};
  for (std::size_t n = 0; n < u.size(); ++n) {
    block.p.push_back(power(u[n], c, shift));
    float& sum = lane[positions[n] % lanes];
    sum = sum + block.p.back();
  }
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
  }
  block.sum = lane[0];
  return block;
}

AttentionResult<float> attention(const AttentionHead& head) {
  AttentionResult<float> result = {
      std::vector<float>(static_cast<std::size_t>(head.queries * head.value_dim)),
      std::vector<float>(static_cast<std::size_t>(head.queries * head.keys)),
      std::vector<float>(static_cast<std::size_t>(head.queries))};
  for (std::int64_t i = 0; i < head.queries; ++i)
    attend(head, i, result.out.data() + i * head.value_dim, result.probabilities.data() + i * head.keys,
           result.log_sum_exp[static_cast<std::size_t>(i)]);
  return result;
}

std::vector<float> scores(const AttentionHead& head, ScorePoint point) {
  if (point == ScorePoint::probabilities) return attention(head).probabilities;
  const float factor = plain(head) ? head.scale : 1.0f;
  std::vector<float> all;
  for (std::int64_t i = 0; i < head.queries; ++i) {
    for (std::int64_t j = 0; j < head.keys; ++j) {
      const bool hidden = point == ScorePoint::biased && !head.sees(i, j);
      all.push_back(hidden ? -infinity : shaped(head, i, j, point) * factor);
    }
  }
  return all;
}

TopResult top_keys(const AttentionHead& head, std::int64_t k) {
  const std::vector<float> p = attention(head).probabilities;
  TopResult result;
  for (std::int64_t i = 0; i < head.queries; ++i) {
    std::vector<std::pair<float, std::int64_t>> order;  // -score, key
    for (std::int64_t j = 0; j < head.keys; ++j) {
      if (!head.sees(i, j)) continue;
      const float u = shaped(head, i, j, ScorePoint::biased);
      if (u > -infinity) order.emplace_back(-u, j);  // no NaN
    }
    std::sort(order.begin(), order.end());
    for (std::size_t n = 0; n < static_cast<std::size_t>(k); ++n) {
      const bool there = n < order.size();
      result.keys.push_back(there ? static_cast<std::int32_t>(order[n].second) : -1);
      result.probabilities.push_back(there ? p[static_cast<std::size_t>(i * head.keys + order[n].second)]
                                           : 0.0f);
    }
  }
  return result;
}

std::vector<float> softmax(const std::vector<float>& scores, float scale) {
  // Scores become those of a query 1 and keys of one dimension.
  AttentionHead head;
  head.keys = static_cast<std::int64_t>(scores.size());
  head.q = {1.0f};
  head.k = scores;
  head.v.assign(scores.size(), 0.0f);
  head.scale = scale;
  return attention(head).probabilities;
}

}  // namespace saccade::test::contract
