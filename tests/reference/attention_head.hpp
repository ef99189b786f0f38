#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "reference/random.hpp"

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
  std::int64_t first_position = 0;  ///< of the first query among the keys
  std::int64_t left = unlimited;    ///< query i sees keys at most this far before its position
  std::int64_t right = unlimited;   ///< and after it

  [[nodiscard]] bool sees(std::int64_t query, std::int64_t key) const noexcept {
    const std::int64_t distance = key - (first_position + query);
    return distance < 0 ? -distance <= left : distance <= right;
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
  std::vector<T> out;            ///< [queries][value_dim]
  std::vector<T> probabilities;  ///< [queries][keys]
};

}  // namespace saccade::test
