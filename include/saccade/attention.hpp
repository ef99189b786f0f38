#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "saccade/engine.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// Which keys a query sees: those at most `left` positions before and `right` after its own. Itself always
/// counts.
struct Window {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  std::int64_t left = unlimited;
  std::int64_t right = unlimited;

  /// Everything.
  [[nodiscard]] static constexpr Window full() noexcept { return {}; }
  /// Itself and what came before.
  [[nodiscard]] static constexpr Window causal() noexcept { return {unlimited, 0}; }
};

/// Asks for the attention probabilities of one sequence: fp32 [heads][queries][keys], contiguous. Several
/// requests stand in ascending order of their sequences, each sequence once.
struct ProbabilitiesRequest {
  std::int64_t sequence = 0;
  /// Heads wanted, each once, in the order wanted; empty: all.
  std::span<const std::int32_t> heads = {};
  /// Room for heads x queries x keys values.
  std::span<float> out = {};
};

struct AttentionOptions {
  /// Factor on the scores; unset: 1/sqrt(head_dim).
  std::optional<float> scale = {};
  Window window = Window::full();
  std::span<const ProbabilitiesRequest> probabilities = {};
};

/// Self-attention's operands over one ragged batch: q, k and out have a token for each row of the batch.
struct AttentionTensors {
  ConstHeadsView q;
  ConstHeadsView k;
  ConstHeadsView v;  ///< its head_dim may differ from that of q and k
  HeadsView out;     ///< heads of q, head_dim of v; must not overlap q, k or v
  Offsets offsets;
};

/// out[t, h] = sum_j softmax_j(scale * q[t, h] . k[j, h]) v[j, h] over the visible keys j of t's sequence, by
/// blocked online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135):
/// memory grows with the length of a sequence, never with its square. A row without a visible key is 0.
/// Throws Error{invalid_argument} before `out` is touched when views, offsets or requests disagree.
void attention(Engine& engine, const AttentionTensors& tensors, const AttentionOptions& options = {});

/// Scratch bytes that such a call takes.
[[nodiscard]] std::size_t attention_workspace(const Engine& engine, const AttentionTensors& tensors,
                                              const AttentionOptions& options = {});

}  // namespace saccade
