#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "random.hpp"

namespace saccade::bench {

/// A call of attention, of saccade or of another engine that it is compared with. Everything is
/// [batch][heads][tokens][head_dim] here, whatever an engine likes better.
struct AttentionShape {
  std::int64_t batch = 1, heads = 1, kv_heads = 1, queries = 0, keys = 0, head_dim = 0;
  bool causal = false;

  /// "b1h12q128k128d64"; with "kv4" behind the heads where keys have fewer.
  [[nodiscard]] std::string name() const {
    return "b" + std::to_string(batch) + "h" + std::to_string(heads) +
           (kv_heads == heads ? "" : "kv" + std::to_string(kv_heads)) + "q" + std::to_string(queries) + "k" +
           std::to_string(keys) + "d" + std::to_string(head_dim);
  }
  /// Two products of each query and key; half of them where causal.
  [[nodiscard]] double flops() const {
    const double pairs = static_cast<double>(batch * heads) * static_cast<double>(queries * keys);
    return 4.0 * pairs * static_cast<double>(head_dim) * (causal ? 0.5 : 1.0);
  }
  [[nodiscard]] std::size_t q_size() const {
    return static_cast<std::size_t>(batch * heads * queries * head_dim);
  }
  [[nodiscard]] std::size_t k_size() const {
    return static_cast<std::size_t>(batch * kv_heads * keys * head_dim);
  }
};

/// As random_values, in steps of 1/64, which f16 and bf16 have exactly.
inline std::vector<float> coarse_values(std::size_t n, std::uint64_t seed) {
  std::vector<float> values = random_values(n, seed);
  for (float& x : values) x = static_cast<float>(static_cast<int>(x * 64.0f)) / 64.0f;
  return values;
}

struct AttentionInputs {
  explicit AttentionInputs(const AttentionShape& shape)
      : q(coarse_values(shape.q_size(), 1)),
        k(coarse_values(shape.k_size(), 2)),
        v(coarse_values(shape.k_size(), 3)) {}

  std::vector<float> q, k, v;
};

/// One row of attention by its definition, in double precision.
inline std::vector<double> attention_row(const float* q, const float* k, const float* v, std::int64_t keys,
                                         std::int64_t head_dim) {
  std::vector<double> p(static_cast<std::size_t>(keys)), out(static_cast<std::size_t>(head_dim));
  double sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j, k += head_dim) {
    for (std::int64_t d = 0; d < head_dim; ++d) p[j] += static_cast<double>(q[d]) * static_cast<double>(k[d]);
    p[j] /= std::sqrt(static_cast<double>(head_dim));
  }
  const double greatest = *std::max_element(p.begin(), p.end());
  for (double& x : p) sum += x = std::exp(x - greatest);
  for (const double x : p) {
    for (std::size_t d = 0; d < out.size(); ++d) out[d] += x / sum * static_cast<double>(v[d]);
    v += head_dim;
  }
  return out;
}

/// Neither infinite nor NaN, also where a compiler was told that there are none.
inline bool is_finite(float x) {
  return (std::bit_cast<std::uint32_t>(x) & 0x7f800000u) != 0x7f800000u;
}

/// The greatest difference between `out` and the definition, over 64 rows or so, spread over heads and
/// queries, the last among them; 1e30 where an output is not finite.
inline double max_abs_error(const AttentionShape& s, const AttentionInputs& inputs, const float* out) {
  const std::int64_t rows = s.batch * s.heads * s.queries, step = rows / 64 + 1;
  double greatest = 0;
  for (std::int64_t row = rows - 1; row >= 0; row -= step) {
    const std::int64_t head = row / s.queries, query = row % s.queries;
    const std::int64_t kv_head = head / (s.heads / s.kv_heads);  // of all sequences
    const std::int64_t seen = s.causal ? s.keys - s.queries + query + 1 : s.keys;
    const std::int64_t first = kv_head * s.keys * s.head_dim;
    const auto expected = attention_row(inputs.q.data() + row * s.head_dim, inputs.k.data() + first,
                                        inputs.v.data() + first, seen, s.head_dim);
    for (std::int64_t d = 0; d < s.head_dim; ++d) {
      const float x = out[row * s.head_dim + d];
      if (!is_finite(x)) return 1e30;
      greatest = std::max(greatest, std::abs(static_cast<double>(x) - expected[static_cast<std::size_t>(d)]));
    }
  }
  return greatest;
}

}  // namespace saccade::bench
