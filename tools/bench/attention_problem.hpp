#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "bench/random.hpp"

namespace saccade::bench {

/// The keys that are visible to a query.
enum class MaskKind : std::uint8_t {
  full,     ///< all
  causal,   ///< itself and those before it
  random,   ///< itself, and of the others one in two, the same for all heads and sequences
  padding,  ///< the first half: the other half of each sequence is padding
  window    ///< itself and the 255 before it
};
inline constexpr MaskKind mask_kinds[] = {MaskKind::full, MaskKind::causal, MaskKind::random,
                                          MaskKind::padding, MaskKind::window};
inline constexpr std::int64_t window_keys = 256;

[[nodiscard]] constexpr std::string_view to_string(MaskKind mask) noexcept {
  constexpr std::string_view names[] = {"full", "causal", "random", "padding", "window"};
  return names[static_cast<std::size_t>(mask)];
}

/// A call of attention, of saccade or of another engine that it is compared with. Everything is
/// [batch][heads][tokens][head_dim] here; an engine converts to its own layout before it is timed.
struct AttentionShape {
  std::int64_t batch = 1, heads = 1, kv_heads = 1, queries = 0, keys = 0, head_dim = 0;
  MaskKind mask = MaskKind::full;

  /// "b1h12q128k128d64"; with "kv4" behind the heads where keys have fewer.
  [[nodiscard]] std::string name() const {
    return "b" + std::to_string(batch) + "h" + std::to_string(heads) +
           (kv_heads == heads ? "" : "kv" + std::to_string(kv_heads)) + "q" + std::to_string(queries) + "k" +
           std::to_string(keys) + "d" + std::to_string(head_dim);
  }
  /// Whether there are as many queries as keys. A query's own key is at its position; the last query's is the
  /// last key.
  [[nodiscard]] bool square() const { return queries == keys; }
  /// The end of the range of keys visible to a query, which begins at first_key().
  [[nodiscard]] std::int64_t end_key(std::int64_t query) const {
    if (mask == MaskKind::padding) return (keys + 1) / 2;
    return mask == MaskKind::causal || mask == MaskKind::window ? own_key(query) + 1 : keys;
  }
  [[nodiscard]] std::int64_t first_key(std::int64_t query) const {
    return mask == MaskKind::window ? std::max<std::int64_t>(0, own_key(query) - window_keys + 1) : 0;
  }
  [[nodiscard]] bool sees(std::int64_t query, std::int64_t key) const {
    if (key < first_key(query) || key >= end_key(query)) return false;
    if (mask != MaskKind::random || key == own_key(query)) return true;
    const auto pair = static_cast<std::uint64_t>(query * keys + key);
    return (pair * 0x9e3779b97f4a7c15u >> 40 & 1u) != 0;
  }
  /// Two products of each query and key that lies between its first and its last; where causal of half the
  /// pairs, as everybody counts.
  [[nodiscard]] double flops() const {
    double pairs = 0;
    for (std::int64_t i = 0; i < queries; ++i) pairs += static_cast<double>(end_key(i) - first_key(i));
    if (mask == MaskKind::causal) pairs = 0.5 * static_cast<double>(queries) * static_cast<double>(keys);
    return 4.0 * pairs * static_cast<double>(batch * heads * head_dim);
  }
  [[nodiscard]] std::size_t q_size() const {
    return static_cast<std::size_t>(batch * heads * queries * head_dim);
  }
  [[nodiscard]] std::size_t k_size() const {
    return static_cast<std::size_t>(batch * kv_heads * keys * head_dim);
  }

 private:
  [[nodiscard]] std::int64_t own_key(std::int64_t query) const { return keys - queries + query; }
};

/// Random values in steps of 1/64, which f16 and bf16 represent exactly.
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
inline std::vector<double> attention_row(const AttentionShape& s, std::int64_t query, const float* q,
                                         const float* k, const float* v) {
  std::vector<double> p(static_cast<std::size_t>(s.keys)), out(static_cast<std::size_t>(s.head_dim));
  double sum = 0;
  for (std::int64_t j = 0; j < s.keys; ++j, k += s.head_dim) {
    double& score = p[static_cast<std::size_t>(j)];
    for (std::int64_t d = 0; d < s.head_dim; ++d)
      score += static_cast<double>(q[d]) * static_cast<double>(k[d]);
    score /= std::sqrt(static_cast<double>(s.head_dim));
    if (!s.sees(query, j)) score = -std::numeric_limits<double>::infinity();
  }
  const double greatest = *std::max_element(p.begin(), p.end());
  for (double& x : p) sum += x = std::exp(x - greatest);
  for (const double x : p) {
    for (std::size_t d = 0; d < out.size(); ++d) out[d] += x / sum * static_cast<double>(v[d]);
    v += s.head_dim;
  }
  return out;
}

/// Whether a value is finite, by its bits: -ffast-math removes comparisons with infinity and NaN.
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
    const std::int64_t first = kv_head * s.keys * s.head_dim;
    const auto expected = attention_row(s, query, inputs.q.data() + row * s.head_dim, inputs.k.data() + first,
                                        inputs.v.data() + first);
    for (std::int64_t d = 0; d < s.head_dim; ++d) {
      const float x = out[row * s.head_dim + d];
      if (!is_finite(x)) return 1e30;
      greatest = std::max(greatest, std::abs(static_cast<double>(x) - expected[static_cast<std::size_t>(d)]));
    }
  }
  return greatest;
}

}  // namespace saccade::bench
