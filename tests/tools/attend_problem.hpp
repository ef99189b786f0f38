#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "saccade/attention.hpp"
#include "tools/stored_tensor.hpp"

namespace saccade::test {

constexpr std::int64_t heads = 4, kv_heads = 2, head_dim = 5, value_dim = 3;

/// The values of a tensor of a file must be these.
void check_same_bits(const std::filesystem::path& path, const std::string& name, const Floats& expected);

/// The library's call on packed tensors, with every output.
struct Problem {
  Integers offsets, key_offsets;
  Floats q = random_floats(offsets.back() * heads * head_dim, 1);
  Floats k = random_floats(key_offsets.back() * kv_heads * head_dim, 2);
  Floats v = random_floats(key_offsets.back() * kv_heads * value_dim, 3);
  AttentionOptions options = {};
  std::int64_t top = 2;
  Floats out = {}, lse = {}, top_probabilities = {};
  std::vector<std::int32_t> top_keys = {};
  std::vector<Floats> maps = {};

  [[nodiscard]] std::int64_t queries() const { return offsets.back(); }
  [[nodiscard]] std::int64_t keys() const { return key_offsets.back(); }
  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] Integers map_shape(std::size_t s) const {
    const std::int64_t all = key_offsets[s + 1] - key_offsets[s];
    return {heads, offsets[s + 1] - offsets[s], options.key_counts.empty() ? all : options.key_counts[s]};
  }

  void compute(bool mean = false);

  /// As files have it, with offsets.
  [[nodiscard]] Tensors packed() const;

  void check_maps(const std::filesystem::path& path) const;
  /// Every output, as a file of packed tensors has it.
  void check_packed(const std::filesystem::path& path) const;
};

/// Three sequences, one of them without queries.
Problem ragged();

/// Three sequences of 4 queries and 6 keys.
Problem uniform();
/// The tensors of uniform() in the layout bshd.
Tensors bshd(const Problem& p);

/// q, k and v of one sequence of 4 tokens.
Tensors plain();

}  // namespace saccade::test
