#pragma once

#include <cstdint>
#include <vector>

#include "reference/reference.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::test {

/// Made-up weights, every value a multiple of 2^-6 in [-1, 1): exact in F16 and BF16, too. output_width 0: no
/// output projection.
LayerWeights made_up_weights(std::int64_t width, std::int64_t heads, std::int64_t head_dim,
                             std::int64_t output_width, std::uint64_t seed = 1);

/// The same as the library takes them; borrowed.
SelfAttentionWeights views_of(const LayerWeights& weights);

/// A ragged batch of hidden states.
struct LayerBatch {
  std::int64_t width = 0;
  std::vector<std::int64_t> offsets;
  std::vector<float> x;

  /// Values of a sequence depend only on its length.
  static LayerBatch of(std::int64_t width, const std::vector<std::int64_t>& lengths);
  [[nodiscard]] std::int64_t tokens() const { return offsets.back(); }
  [[nodiscard]] std::size_t sequences() const { return offsets.size() - 1; }
  [[nodiscard]] std::int64_t length(std::size_t s) const { return offsets[s + 1] - offsets[s]; }
  [[nodiscard]] RaggedView view() const { return {{x.data(), tokens(), width, width}, offsets}; }
  [[nodiscard]] LayerBatch sequence(std::size_t s) const;
};

/// What a forward pass writes.
struct LayerOutput {
  std::vector<float> z;
  std::vector<float> context;
};

LayerOutput forward(Engine& engine, const SelfAttention& layer, const LayerBatch& batch,
                    const Window& window = Window::full(),
                    std::span<const ProbabilitiesRequest> probabilities = {});

/// What the vector form writes, probabilities among it.
struct RowsOutput {
  std::vector<float> z;
  std::vector<float> context;
  std::vector<float> probabilities;
};

RowsOutput attend(Engine& engine, const SelfAttention& layer, const LayerBatch& batch,
                  const std::vector<std::int64_t>& rows, const Window& window = Window::full());

/// Rows first to first + count - 1 of `values` [..][width].
std::vector<float> rows_of(const std::vector<float>& values, std::int64_t width, std::int64_t first,
                           std::int64_t count);

}  // namespace saccade::test
