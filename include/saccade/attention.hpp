#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// Which keys a query sees by position: those at most `left` before and `right` after its own. Its own always
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

/// Where a sequence's first query stands among its keys.
enum class FirstQuery : std::uint8_t {
  bottom_right,  ///< keys - queries: the last query stands at the last key, as over a cache
  top_left       ///< 0: the first query stands at the first key (PyTorch's is_causal, ONNX without a past)
};

/// Which keys a query may see: element (sequence s, head h, query i, key j) is
/// data[s * sequence_stride + h * head_stride + i * query_stride + j * key_stride]; a stride of 0 broadcasts.
/// Not 0: may. Keys from `keys` on are hidden.
struct MaskView {
  const std::uint8_t* data = nullptr;  ///< null: no mask
  std::int64_t keys = 0;
  std::int64_t sequence_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t query_stride = 0;
  std::int64_t key_stride = 1;
};

/// What is added to scores, laid out as a MaskView. -infinity hides, and so do keys from `keys` on.
struct BiasView {
  const void* data = nullptr;  ///< null: no bias
  std::int64_t keys = 0;
  std::int64_t sequence_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t query_stride = 0;
  std::int64_t key_stride = 1;
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
};

/// What is added to scores by distance = position of the key - position of the query (ALiBi; the buckets of
/// T5 and MPNet): data[h * head_stride + distance - first_distance], distances outside taking the nearest.
/// Values are finite or -infinity, which hides.
struct DistanceBias {
  const float* data = nullptr;  ///< null: none
  std::int64_t count = 0;       ///< of distances, 1 or more
  std::int64_t first_distance = 0;
  std::int64_t head_stride = 0;
};

/// Where on its way a score is taken.
enum class ScorePoint : std::uint8_t {
  scaled,        ///< scale * q . k, of every key, hidden or not
  capped,        ///< after the softcap, of every key
  biased,        ///< after bias and masks: hidden keys have -infinity
  probabilities  ///< after the softmax
};

/// Asks for the attention probabilities, or scores, of one sequence: fp32 [heads][queries][keys], contiguous.
/// Several requests stand in ascending order of their sequences, each sequence once.
struct ProbabilitiesRequest {
  std::int64_t sequence = 0;
  /// Heads wanted, each once, in the order wanted; empty: all.
  std::span<const std::int32_t> heads = {};
  /// Room for heads x queries x keys values; queries x keys where mean_over_heads.
  std::span<float> out = {};
  /// Queries wanted, ascending; empty: all.
  std::span<const std::int64_t> queries = {};
  ScorePoint point = ScorePoint::probabilities;
  /// The mean of the wanted heads' probabilities instead, summed in ascending order.
  bool mean_over_heads = false;
};

/// Asks for the k keys that each query attends to most: highest scores first, the lower key before an equal
/// one. keys[n] is counted from the sequence's first key and probabilities[n] is as in the whole row; -1 and
/// 0 where a query sees fewer; scores that are NaN or -infinity are left out. Query token t of head h has its
/// k places from t * token_stride + h * head_stride on, in both.
struct TopKeys {
  std::int64_t k = 0;  ///< 0: not wanted; at most the keys of every sequence that has queries
  std::int32_t* keys = nullptr;
  float* probabilities = nullptr;
  std::int64_t token_stride = 0;
  std::int64_t head_stride = 0;
};

/// Softmax states of single key blocks, for merge_states(): fp32 [query tokens][heads][blocks][value_dim +
/// 2], for each block of 512 key positions its l, m and the value_dim sums; l is -1 where the query sees none
/// of its keys.
struct StatesView {
  float* data = nullptr;    ///< null: not wanted
  std::int64_t blocks = 0;  ///< at least attention_blocks() of every sequence
};

/// The softmax state of each query over the keys of this call and of earlier ones, so that keys can arrive in
/// parts: from a file that is larger than memory, or from another machine. fp32 [query
/// tokens][heads][value_dim + 2], contiguous, for each query its l, m and the value_dim sums; l is -1 where
/// it has seen no key. Its size does not depend on the keys.
///
/// Each call joins its keys to the state and writes `out` and log_sum_exp for all keys so far, sinks
/// included; after the last one they have the bits of a single call over all keys. Parts come in ascending
/// order and all but the last end at a multiple of 512 positions. What a call says by key, as masks and
/// biases, is counted from its own first key:
///
///     std::vector<float> state(tokens * heads * (value_dim + 2));
///     for (std::int64_t key = 0; key < keys; key += 4096) {
///       // ... read k and v of keys [key, key + 4096)
///       const std::int64_t first_key[] = {key}, first_query[] = {keys - tokens};
///       attention(engine, {q, k, v, out, offsets, part_offsets},
///                 {.window = Window::causal(), .first_query_positions = first_query, .first_key_positions =
///                 first_key,
///                  .running = {state.data(), key == 0}});
///     }
struct RunningStates {
  float* data = nullptr;  ///< null: not wanted
  bool start = false;     ///< there are no earlier keys: the states are written and not read
};

struct AttentionOptions {
  /// Factor on the scores; unset: 1/sqrt(head_dim).
  std::optional<float> scale = {};
  Window window = Window::full();
  std::span<const ProbabilitiesRequest> probabilities = {};
  /// Position of each sequence's first query among its keys; a span has one for each sequence instead.
  FirstQuery first_query = FirstQuery::bottom_right;
  std::span<const std::int64_t> first_query_positions = {};
  /// Position of each sequence's first key, a multiple of 16: what a cache has dropped. Empty: 0. Positions
  /// of queries, and key blocks, are counted from position 0.
  std::span<const std::int64_t> first_key_positions = {};
  /// Keys of each sequence that count, the others are padding; empty: all.
  std::span<const std::int64_t> key_counts = {};
  /// Not 0: a score s becomes softcap * tanh(s / softcap), before bias and masks.
  float softcap = 0.0f;
  MaskView mask = {};
  BiasView bias = {};
  DistanceBias distance_bias = {};
  /// One score a head that joins the softmax's denominator, and attends to nothing; empty: none.
  std::span<const float> sinks = {};
  /// Natural logarithm of the sum of exp(score) over visible keys and the sink, a head_dim of 1; -infinity
  /// where no key is visible. Null data: not wanted.
  HeadsView log_sum_exp = {};
  TopKeys top_keys = {};
  StatesView states = {};
  /// Not together with probabilities, top_keys or states, which are of the keys of one call. Where a window
  /// or a bias by distance looks at positions, first_query_positions is needed: a part does not know how many
  /// keys there are.
  RunningStates running = {};
};

/// Attention's operands over one ragged batch. Heads of q are a multiple of those of k and v: query heads
/// h * n to h * n + n - 1 share key head h.
struct AttentionTensors {
  ConstHeadsView q;
  ConstHeadsView k;
  ConstHeadsView v;          ///< its head_dim may differ from that of q and k
  HeadsView out;             ///< tokens and heads of q, head_dim of v; must not overlap q, k or v
  Offsets offsets;           ///< of queries
  Offsets key_offsets = {};  ///< of keys and values; empty: as offsets
};

/// out[t, h] = sum_j softmax_j(scale * q[t, h] . k[j, h]) v[j, h] over the visible keys j of t's sequence, by
/// blocked online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135):
/// memory grows with the length of a sequence, never with its square, and hidden blocks cost nothing. A score
/// is scaled, capped, biased, masked. A row without a visible key is 0; what stands in hidden keys and values
/// never matters. Throws Error{invalid_argument} before `out` is touched when operands disagree.
SACCADE_API void attention(Engine& engine, const AttentionTensors& tensors,
                           const AttentionOptions& options = {});

/// Scratch bytes that such a call takes.
SACCADE_API [[nodiscard]] std::size_t attention_workspace(const Engine& engine,
                                                          const AttentionTensors& tensors,
                                                          const AttentionOptions& options = {});

/// Blocks of 512 key positions that `keys` keys from position `first` on touch.
[[nodiscard]] constexpr std::int64_t attention_blocks(std::int64_t keys, std::int64_t first = 0) noexcept {
  return keys == 0 ? 0 : (first + keys - 1) / 512 - first / 512 + 1;
}

/// Joins states of the same queries, token by token (no sequence_stride), over the keys of `parts`, which
/// follow one another: the bits that one call over all keys gives. Block borders between parts are multiples
/// of 512 positions. `out` [tokens][heads][value_dim]; sinks and log_sum_exp as in AttentionOptions.
SACCADE_API void merge_states(Engine& engine, std::span<const StatesView> parts, HeadsView out,
                              std::span<const float> sinks = {}, HeadsView log_sum_exp = {});

/// One of two results to merge: outputs and their log_sum_exp over disjoint keys.
struct PartialResult {
  ConstHeadsView out;
  ConstHeadsView log_sum_exp;  ///< head_dim 1
};

/// Joins results over disjoint keys (fp32): as exact as fp32 allows, without the promise of equal bits that
/// merge_states makes. `out` may be one of the inputs. log_sum_exp may have null data.
SACCADE_API void merge(Engine& engine, const PartialResult& first, const PartialResult& second, HeadsView out,
                       HeadsView log_sum_exp = {});

}  // namespace saccade
