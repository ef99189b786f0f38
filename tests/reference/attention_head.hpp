#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "reference/random.hpp"
#include "saccade/engine.hpp"

namespace saccade::test {

inline constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

/// Attention of one head of one sequence, all rows packed: what the double-precision reference and the
/// fp32 contract model take.
struct AttentionHead {
  std::int64_t queries = 1;
  std::int64_t keys = 1;
  std::int64_t head_dim = 1;
  std::int64_t value_dim = 1;
  std::vector<float> q = {};  ///< [queries][head_dim]
  std::vector<float> k = {};  ///< [keys][head_dim]
  std::vector<float> v = {};  ///< [keys][value_dim]
  float scale = 1.0f;
  std::int64_t first_position = 0;        ///< of the first query among the keys
  std::int64_t left = unlimited;          ///< query i sees keys at most this far before its position
  std::int64_t right = unlimited;         ///< and after it
  std::int64_t first_key = 0;             ///< position of the first key, a multiple of 16
  float softcap = 0.0f;                   ///< 0: none
  std::vector<std::uint8_t> mask = {};    ///< [queries][keys]: 0 hides; empty: none
  std::vector<float> bias = {};           ///< [queries][keys]: -infinity hides; empty: none
  std::vector<float> distance_bias = {};  ///< of distances from first_distance on, the nearest one outside
  std::int64_t first_distance = 0;
  std::optional<float> sink = {};
  Accumulation accumulation = Accumulation::fp32;  ///< of scores, in the contract model

  [[nodiscard]] std::int64_t distance(std::int64_t query, std::int64_t key) const noexcept {
    return first_key + key - (first_position + query);
  }
  [[nodiscard]] bool has_bias() const noexcept { return !bias.empty() || !distance_bias.empty(); }
  [[nodiscard]] float bias_of(std::int64_t query, std::int64_t key) const noexcept {
    return bias.empty() ? 0.0f : bias[static_cast<std::size_t>(query * keys + key)];
  }
  [[nodiscard]] float distance_bias_of(std::int64_t query, std::int64_t key) const noexcept {
    if (distance_bias.empty()) return 0.0f;
    const auto last = static_cast<std::int64_t>(distance_bias.size()) - 1;
    const std::int64_t at = std::clamp<std::int64_t>(distance(query, key) - first_distance, 0, last);
    return distance_bias[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] bool sees(std::int64_t query, std::int64_t key) const noexcept {
    constexpr float hides = -std::numeric_limits<float>::infinity();
    const std::int64_t far = distance(query, key);
    if (far < 0 ? -far > left : far > right) return false;
    if (!mask.empty() && mask[static_cast<std::size_t>(query * keys + key)] == 0) return false;
    return bias_of(query, key) != hides && distance_bias_of(query, key) != hides;
  }
  [[nodiscard]] const float* query(std::int64_t i) const noexcept { return q.data() + i * head_dim; }
  [[nodiscard]] const float* key(std::int64_t j) const noexcept { return k.data() + j * head_dim; }
  [[nodiscard]] const float* value(std::int64_t j) const noexcept { return v.data() + j * value_dim; }

  void fill(std::uint64_t seed, float amplitude = 1.0f) {
    Random random(seed);
    q = random.values(queries * head_dim, amplitude);
    k = random.values(keys * head_dim, amplitude);
    v = random.values(keys * value_dim);
  }
};

/// Rows of the result, and of the probabilities.
template <class T>
struct AttentionResult {
  std::vector<T> out;               ///< [queries][value_dim]
  std::vector<T> probabilities;     ///< [queries][keys]
  std::vector<T> log_sum_exp = {};  ///< [queries]
};

/// The keys of highest scores of each query, -1 where there are fewer, and their probabilities.
struct TopResult {
  std::vector<std::int32_t> keys;  ///< [queries][k]
  std::vector<float> probabilities;
};

}  // namespace saccade::test
