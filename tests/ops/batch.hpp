#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reference/attention_head.hpp"
#include "saccade/attention.hpp"

namespace saccade::test {

/// How a tensor's heads lie in memory.
enum class Layout {
  packed,      ///< [tokens][heads][head_dim]
  fused,       ///< q, k and v of a token side by side
  head_major,  ///< [heads][tokens][head_dim]
  spaced       ///< packed, with room between heads and between tokens
};

/// A ragged batch: q, k and v as [tokens][heads][dim], and where its sequences begin.
struct Batch {
  std::vector<std::int64_t> lengths;
  std::int64_t heads = 1;
  std::int64_t head_dim = 1;
  std::int64_t value_dim = 1;
  std::vector<float> q = {}, k = {}, v = {};

  [[nodiscard]] std::int64_t tokens() const;
  [[nodiscard]] std::vector<std::int64_t> offsets() const;
  /// Values of sequence s depend only on `seed` and its length, not on its index.
  void fill(std::uint64_t seed, float amplitude = 1.0f);
  /// A batch of only sequence s.
  [[nodiscard]] Batch sequence(std::size_t s) const;
  /// One head of sequence s, with scale and window as attention() takes them.
  [[nodiscard]] AttentionHead head(std::size_t s, std::int64_t h, const AttentionOptions& options) const;
};

/// A batch laid out in memory, and room for the output.
class BatchTensors {
 public:
  explicit BatchTensors(const Batch& batch, Layout layout = Layout::packed);

  [[nodiscard]] AttentionTensors tensors() const { return {q_, k_, v_, out_, offsets_}; }
  /// The output as [tokens][heads][value_dim].
  [[nodiscard]] std::vector<float> out() const;
  /// Whether nothing but the output's elements was written, nor those where `all`.
  [[nodiscard]] bool untouched_beside_out() const;
  [[nodiscard]] bool untouched() const;

 private:
  std::vector<std::int64_t> offsets_;
  std::vector<float> memory_;      // q, k and v
  std::vector<float> out_memory_;  // filled with a pattern
  ConstHeadsView q_, k_, v_;
  HeadsView out_;
};

/// attention()'s output for a batch, as [tokens][heads][value_dim].
std::vector<float> attend(Engine& engine, const Batch& batch, const AttentionOptions& options = {},
                          Layout layout = Layout::packed);

/// The part of `all` [tokens][heads][dim] that is sequence s.
std::vector<float> part_of(const Batch& batch, std::size_t s, const std::vector<float>& all,
                           std::int64_t dim);

}  // namespace saccade::test
