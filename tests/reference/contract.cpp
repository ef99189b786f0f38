#include "reference/contract.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saccade::test::contract {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t key_block = 512, lanes = 16, piece = 256;

/// Coefficients of f^5, ..., f^1, 1.
constexpr float polynomial[] = {0x1.5bba10p-10f, 0x1.3cea96p-7f, 0x1.c6b70ep-5f,
                                0x1.ebf9bep-3f,  0x1.62e42ap-1f, 1.0f};

float even_integer_nearest(float x) {
  return std::abs(x) < 0x1p23f ? 2.0f * std::nearbyint(x * 0.5f) : x;
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
  std::int64_t first_key = 0;
  Powers powers;
};

std::vector<float> visible_scores(const AttentionHead& head, std::int64_t query, std::int64_t begin,
                                  std::int64_t& first_key) {
  std::vector<float> scores;
  for (std::int64_t j = begin; j < std::min(begin + key_block, head.keys); ++j) {
    if (!head.sees(query, j)) continue;
    if (scores.empty()) first_key = j;
    scores.push_back(matrix_element(head.query(query), head.key(j), head.head_dim));
  }
  return scores;
}

std::vector<float> weighted_values(const AttentionHead& head, const VisibleBlock& block) {
  std::vector<float> sums(static_cast<std::size_t>(head.value_dim), 0.0f);
  for (std::size_t n = 0; n < block.powers.p.size(); ++n) {
    const float* const value = head.value(block.first_key + static_cast<std::int64_t>(n));
    for (std::size_t d = 0; d < sums.size(); ++d) sums[d] = std::fma(block.powers.p[n], value[d], sums[d]);
  }
  return sums;
}

void attend(const AttentionHead& head, std::int64_t query, float* out, float* probabilities) {
  Row row;
  std::vector<VisibleBlock> blocks;
  for (std::int64_t begin = 0; begin < head.keys; begin += key_block) {
    VisibleBlock block;
    const std::vector<float> scores = visible_scores(head, query, begin, block.first_key);
    if (scores.empty()) continue;
    block.powers = powers_of(scores, block.first_key % key_block, head.scale);
    row.merge(block.powers, weighted_values(head, block));
    blocks.push_back(std::move(block));
  }
  if (!row.seen) return;
  const float inverse = 1.0f / row.l;
  for (std::size_t d = 0; d < row.sums.size(); ++d) out[d] = row.sums[d] * inverse + 0.0f;
  for (const VisibleBlock& block : blocks) {
    const float factor = rescale(block.powers.m, row.m);
    for (std::size_t n = 0; n < block.powers.p.size(); ++n)
      probabilities[block.first_key + static_cast<std::int64_t>(n)] = block.powers.p[n] * factor * inverse;
  }
}

}  // namespace

float matrix_element(const float* a, const float* b, std::int64_t depth) {
  float sum = 0.0f;
  for (std::int64_t begin = 0; begin < depth; begin += piece) {
    float chain = 0.0f;
    for (std::int64_t k = begin; k < std::min(begin + piece, depth); ++k) chain = std::fma(a[k], b[k], chain);
    sum = begin == 0 ? chain : sum + chain;
  }
  return sum;
}

float finish(float sum, const Epilogue& epilogue) {
  if (epilogue.bias != nullptr) sum = sum + *epilogue.bias;
  if (epilogue.relu) sum = sum < 0.0f ? 0.0f : sum;
  if (epilogue.residual != nullptr) sum = sum + *epilogue.residual;
  return sum;
}

std::vector<float> linear(const std::vector<float>& x, const std::vector<float>& weight,
                          const std::vector<float>& bias, std::int64_t in, std::int64_t out) {
  std::vector<float> y;
  for (std::size_t row = 0; row < x.size(); row += static_cast<std::size_t>(in)) {
    for (std::int64_t o = 0; o < out; ++o) {
      const float sum = matrix_element(x.data() + row, weight.data() + o * in, in);
      y.push_back(finish(sum, {.bias = bias.empty() ? nullptr : bias.data() + o}));
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
  const float f = std::fma(u, c, shift - t);
  float p = polynomial[0];
  for (int i = 1; i < 6; ++i) p = std::fma(p, f, polynomial[i]);
  return std::isnan(n) ? nan : std::ldexp(p, static_cast<int>(n));
}

Powers powers_of(const std::vector<float>& scores, std::int64_t first, float scale) {
  constexpr float log2_e = 1.44269504088896340736f;
  const bool plain = scale > 0.0f;
  float c = plain ? scale * log2_e : log2_e;
  std::vector<float> u = scores;
  if (!plain) std::transform(u.begin(), u.end(), u.begin(), [scale](float s) { return s * scale; });
  float largest = -infinity;
  for (const float x : u) largest = x > largest ? x : largest;
  Powers block;
  block.m = even_integer_nearest(largest * c) + 0.0f;
  float shift = block.m == -infinity ? 0.0f : block.m;
  if (!(std::abs(shift) < 0x1p21f)) {
    for (float& x : u) x = x * c - shift;
    c = 1.0f;
    shift = 0.0f;
  }
  float lane[lanes] = {};
  for (std::size_t n = 0; n < u.size(); ++n) {
    block.p.push_back(power(u[n], c, shift));
    float& sum = lane[(first + static_cast<std::int64_t>(n)) % lanes];
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
      std::vector<float>(static_cast<std::size_t>(head.queries * head.keys))};
  for (std::int64_t i = 0; i < head.queries; ++i)
    attend(head, i, result.out.data() + i * head.value_dim, result.probabilities.data() + i * head.keys);
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
