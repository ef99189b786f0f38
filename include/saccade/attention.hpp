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

/// The keys that are visible to a query by position: those at most `left` positions before and `right`
/// positions after the query's own. Causal attention is right = 0.
struct Window {
  /// A side without a limit.
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  std::int64_t left = unlimited;   ///< positions before the query's, 0 or more
  std::int64_t right = unlimited;  ///< positions after the query's, 0 or more

  /// All keys.
  [[nodiscard]] static constexpr Window full() noexcept { return {}; }
  /// The key at the query's position and all keys before it.
  [[nodiscard]] static constexpr Window causal() noexcept { return {unlimited, 0}; }
};

/// The position of a sequence's first query, counted from the sequence's first key.
enum class FirstQuery : std::uint8_t {
  bottom_right,  ///< keys - queries: the last query has the last key's position, as in decoding with a cache
  top_left       ///< 0: the first key's position (PyTorch's is_causal, ONNX without past keys)
};

/// A boolean mask: key j is visible to query i where the element is not 0. Element (sequence s, head h, query
/// i, key j) is data[s * sequence_stride + h * head_stride + i * query_stride + j * key_stride], with i and j
/// counted from the sequence's first query and key; a stride of 0 broadcasts.
struct MaskView {
  const std::uint8_t* data = nullptr;  ///< null: no mask
  std::int64_t keys = 0;               ///< keys that the mask covers; those from `keys` on are hidden
  std::int64_t sequence_stride = 0;    ///< in elements, 0 or more
  std::int64_t head_stride = 0;        ///< in elements, 0 or more
  std::int64_t query_stride = 0;       ///< in elements, 0 or more
  std::int64_t key_stride = 1;         ///< in elements, 0 or more
};

/// An additive bias of the scores, laid out as a MaskView. -infinity hides a key.
struct BiasView {
  const void* data = nullptr;           ///< of `type`; null: no bias
  std::int64_t keys = 0;                ///< keys that the bias covers; those from `keys` on are hidden
  std::int64_t sequence_stride = 0;     ///< in elements, 0 or more
  std::int64_t head_stride = 0;         ///< in elements, 0 or more
  std::int64_t query_stride = 0;        ///< in elements, 0 or more
  std::int64_t key_stride = 1;          ///< in elements, 0 or more
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
};

/// An additive bias of the scores by distance = position of the key - position of the query (ALiBi; the
/// buckets of T5 and MPNet): data[h * head_stride + distance - first_distance] for head h. Distances outside
/// the table take its nearest entry. Values are finite or -infinity, which hides a key.
struct DistanceBias {
  const float* data = nullptr;      ///< [heads][count] by head_stride; null: no bias
  std::int64_t count = 0;           ///< distances in the table, 1 or more
  std::int64_t first_distance = 0;  ///< the distance of entry 0
  std::int64_t head_stride = 0;     ///< in elements, 0 or more; 0: one table for all heads
};

/// The step of the computation at which a ProbabilitiesRequest takes its values.
enum class ScorePoint : std::uint8_t {
  scaled,        ///< scale * q . k of every key, hidden or not
  capped,        ///< after the softcap, of every key, hidden or not
  biased,        ///< after biases and masks: hidden keys have -infinity
  probabilities  ///< after the softmax: hidden keys have 0
};

/// Requests the attention probabilities, or scores, of one sequence, as fp32 [heads][queries][keys],
/// contiguous. Several requests are in ascending order of their sequences, each sequence once.
struct ProbabilitiesRequest {
  /// Index of the sequence in the batch.
  std::int64_t sequence = 0;
  /// Heads to write, each once, in this order; empty: all.
  std::span<const std::int32_t> heads = {};
  /// Where they are written: heads * queries * keys values, or queries * keys with mean_over_heads.
  std::span<float> out = {};
  /// Queries to write, ascending; empty: all.
  std::span<const std::int64_t> queries = {};
  /// The step of the computation whose values are written.
  ScorePoint point = ScorePoint::probabilities;
  /// Write the mean of these heads' probabilities instead, summed in ascending order of heads.
  bool mean_over_heads = false;
};

/// Requests, for each query, the k keys of highest score, in descending order of scores; of equal scores the
/// lower key comes first. keys[n] is counted from the sequence's first key, and probabilities[n] has the
/// value that it has in the complete row. Where a query has fewer than k visible keys the rest is -1 and 0;
/// scores that are NaN or -infinity are left out. The k entries of query token t and head h begin at element
/// t * token_stride + h * head_stride of both arrays and must not overlap others.
struct TopKeys {
  std::int64_t k = 0;              ///< 0: none; may be more than a sequence has keys
  std::int32_t* keys = nullptr;    ///< indices of keys
  float* probabilities = nullptr;  ///< their probabilities
  std::int64_t token_stride = 0;   ///< from a token to the next one, in elements
  std::int64_t head_stride = 0;    ///< from a head to the next one, in elements
};

/// Softmax states of single key blocks, for merge_states(): fp32 [query tokens][heads][blocks][value_dim +
/// 2], contiguous. A block is 512 key positions. Its state is l, the sum of p = 2^(score * log2 e - m) over
/// the visible keys; m, an integer near the largest exponent; and value_dim sums of p * value. l is -1 where
/// no key of the block is visible to the query.
struct StatesView {
  float* data = nullptr;    ///< null: no states
  std::int64_t blocks = 0;  ///< at least attention_blocks() of every sequence
};

/// The softmax state of each query over the keys of this call and of earlier ones: keys can so arrive in
/// several calls, from a file larger than memory or from another machine. fp32, contiguous,
/// [query tokens][heads][value_dim + 2]: l, m and the sums, as in StatesView. Its size does not depend on the
/// number of keys.
///
/// Each call merges its keys into the state and writes `out` and log_sum_exp for all keys so far, sinks
/// included; the last call's outputs have the bits of a single call over all keys. Parts of the keys come in
/// ascending order, and all but the last end at a multiple of 512 positions. Masks, biases and key counts of
/// a call are counted from its own first key.
///
/// @code
/// std::vector<float> state(q.tokens * q.heads * (v.head_dim + 2));  // of the q.tokens last tokens
/// for (std::int64_t key = 0; key < keys_in_file; key += 4096) {
///   // ... read k and v of keys [key, key + 4096)
///   const std::int64_t part_offsets[] = {0, k.tokens}, first_key[] = {key},
///                      first_query[] = {keys_in_file - q.tokens};
///   saccade::attention(engine, {q, k, v, out, offsets, part_offsets},
///                      {.window = saccade::Window::causal(), .first_query_positions = first_query,
///                       .first_key_positions = first_key, .running = {state.data(), key == 0}});
/// }
/// @endcode
struct RunningStates {
  float* data = nullptr;  ///< null: no running states
  bool start = false;     ///< this is the first part of the keys: states are written without being read
};

/// Options of attention(): masks, biases, positions, and outputs beside the vectors.
struct AttentionOptions {
  /// Factor of the scores; unset: 1/sqrt(head_dim).
  std::optional<float> scale = {};
  /// The keys visible by position.
  Window window = Window::full();
  /// Attention probabilities or scores to write, in ascending order of sequences.
  std::span<const ProbabilitiesRequest> probabilities = {};
  /// The position of each sequence's first query, where first_query_positions is empty.
  FirstQuery first_query = FirstQuery::bottom_right;
  /// Position of each sequence's first query, [sequences]; empty: as first_query says. At most 2^40 in
  /// magnitude.
  std::span<const std::int64_t> first_query_positions = {};
  /// Position of each sequence's first key, [sequences], multiples of 16 from 0 to 2^40: the number of keys
  /// that a cache has dropped. Empty: 0. Positions of queries, and key blocks, are counted from position 0.
  std::span<const std::int64_t> first_key_positions = {};
  /// Number of keys of each sequence, [sequences], the others being padding; empty: all keys.
  std::span<const std::int64_t> key_counts = {};
  /// Not 0: a score s becomes softcap * tanh(s / softcap), before biases and masks.
  float softcap = 0.0f;
  /// Boolean mask.
  MaskView mask = {};
  /// Additive bias by query and key.
  BiasView bias = {};
  /// Additive bias by distance.
  DistanceBias distance_bias = {};
  /// A score for each query head, [heads], that is added to the softmax's denominator and has no value;
  /// empty: none.
  std::span<const float> sinks = {};
  /// Where the natural logarithm of the sum of exp(score) over visible keys and the sink is written, of
  /// head_dim 1; -infinity where no key is visible. Null data: nowhere.
  HeadsView log_sum_exp = {};
  /// The keys of highest score.
  TopKeys top_keys = {};
  /// Softmax states of key blocks.
  StatesView states = {};
  /// Softmax states to continue. Cannot be combined with probabilities, top_keys or states, which are of one
  /// call's keys. Needs first_query_positions where a window or a bias by distance depends on positions, as a
  /// part of the keys does not tell how many keys there are.
  RunningStates running = {};
};

/// Operands of attention() over one ragged batch. q.heads is a multiple n of k.heads and v.heads: query heads
/// h * n to h * n + n - 1 share key head h (grouped-query attention, arXiv:2305.13245).
struct AttentionTensors {
  ConstHeadsView q;          ///< queries
  ConstHeadsView k;          ///< keys, of q's head_dim
  ConstHeadsView v;          ///< values; tokens and heads of k, any head_dim
  HeadsView out;             ///< tokens and heads of q, head_dim of v; must not overlap q, k or v
  Offsets offsets;           ///< sequence boundaries of the queries
  Offsets key_offsets = {};  ///< sequence boundaries of keys and values; empty: as offsets
};

/// Attention over each sequence of a ragged batch: out[t, h] = sum_j softmax_j(scale * q[t, h] . k[j, h])
/// v[j, h] over the keys j that are visible to token t.
///
/// Computed by blocked online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022,
/// arXiv:2205.14135): scratch memory grows with the length of a sequence, not with its square, and key blocks
/// without a visible key cost no time. A score is scaled, capped, biased and masked, in this order. A row
/// without a visible key is 0. Hidden keys and values never change a result, even where they are NaN. Throws
/// Error{invalid_argument} with the offending numbers, before `out` is written, when operands disagree.
///
/// @code
/// const std::vector<std::int64_t> two_sequences = {0, 5, 9};  // of 5 and 4 tokens
/// std::vector<float> qkv(9 * 3 * 128), result(9 * 128);       // 4 heads of 32, fused
/// const auto third = [&](int i) {
///   return saccade::ConstHeadsView{qkv.data() + i * 128, 9, 4, 32, 3 * 128, 32};
/// };
/// saccade::attention(engine,
///                    {third(0), third(1), third(2), {result.data(), 9, 4, 32, 128, 32}, two_sequences},
///                    {.window = saccade::Window::causal()});
/// @endcode
SACCADE_API void attention(Engine& engine, const AttentionTensors& tensors,
                           const AttentionOptions& options = {});

/// Bytes of scratch that attention() takes from the engine for these operands. Throws as attention() does.
SACCADE_API [[nodiscard]] std::size_t attention_workspace(const Engine& engine,
                                                          const AttentionTensors& tensors,
                                                          const AttentionOptions& options = {});

/// Number of blocks of 512 key positions that overlap the `keys` positions from `first` on.
[[nodiscard]] constexpr std::int64_t attention_blocks(std::int64_t keys, std::int64_t first = 0) noexcept {
  return keys == 0 ? 0 : (first + keys - 1) / 512 - first / 512 + 1;
}

/// Merges the states of the same queries over consecutive parts of the keys, with the bits of one call over
/// all keys. Parts are separated at multiples of 512 positions. `out` [tokens][heads][value_dim] has no
/// sequence_stride; sinks [heads] and log_sum_exp are as in AttentionOptions. Throws Error{invalid_argument}
/// before `out` is written when operands disagree.
///
/// @code
/// const std::int64_t blocks = saccade::attention_blocks(1024);  // 1024 keys in each of two parts
/// std::vector<float> first(q.tokens * q.heads * blocks * (v.head_dim + 2)), second(first.size());
/// // ... attention() over keys 0 to 1023 with {.states = {first.data(), blocks}}, the second part likewise
/// const saccade::StatesView parts[] = {{first.data(), blocks}, {second.data(), blocks}};
/// saccade::merge_states(engine, parts, out);
/// @endcode
SACCADE_API void merge_states(Engine& engine, std::span<const StatesView> parts, HeadsView out,
                              std::span<const float> sinks = {}, HeadsView log_sum_exp = {});

/// One of the two operands of merge().
struct PartialResult {
  ConstHeadsView out;          ///< outputs of attention(), f32
  ConstHeadsView log_sum_exp;  ///< their log_sum_exp, f32, of head_dim 1
};

/// Merges two results of the same queries over disjoint keys. All operands are f32 without a sequence_stride.
/// Rounds in fp32 and does not promise the bits of one call over all keys, which merge_states() does. `out`
/// may be one of the inputs; log_sum_exp may have null data. Throws Error{invalid_argument} before `out` is
/// written when operands disagree.
SACCADE_API void merge(Engine& engine, const PartialResult& first, const PartialResult& second, HeadsView out,
                       HeadsView log_sum_exp = {});

}  // namespace saccade
