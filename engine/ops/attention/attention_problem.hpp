#pragma once

#include <cstdint>
#include <span>

#include "core/as_size.hpp"
#include "kernels/table/kernel_table.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::ops {

/// Attention as the op works on it, validated: query rows of each sequence, which are all its tokens or, in
/// the vector form, the tokens at some positions of it; and keys and values, from tensors or a cache. Query
/// heads that share keys are rows too: row r of a sequence and key head is query r / group() of the r %
/// group()-th such head.
struct AttentionProblem {
  ConstHeadsView q = {};
  ConstHeadsView k = {};
  ConstHeadsView v = {};
  const KeyValueCache* cache = nullptr;  ///< in place of k and v
  HeadsView out = {};
  Offsets offsets = {};      ///< of queries, and of keys where key_offsets is empty; from any token on
  Offsets key_offsets = {};  ///< of keys and values; with a cache, unused
  std::span<const std::int64_t> lengths = {};  ///< of sequences in the cache
  std::span<const std::int64_t> positions =
      {};  ///< sequence s has positions.size() query rows from row s * positions.size() on
  AttentionOptions options = {};
  std::int64_t first_sequence = 0;  ///< number that the requests have for the first sequence of `offsets`

  [[nodiscard]] std::int64_t sequences() const noexcept {
    return offsets.empty() ? 0 : static_cast<std::int64_t>(offsets.size()) - 1;
  }
  [[nodiscard]] std::int64_t key_heads() const noexcept { return cache != nullptr ? cache->heads : k.heads; }
  [[nodiscard]] std::int64_t group() const noexcept { return q.heads / key_heads(); }
  [[nodiscard]] std::int64_t head_dim() const noexcept { return q.head_dim; }
  [[nodiscard]] std::int64_t value_dim() const noexcept { return out.head_dim; }

  [[nodiscard]] std::int64_t keys(std::int64_t s) const noexcept {
    if (!options.key_counts.empty()) return options.key_counts[core::as_size(s)];
    if (cache != nullptr) return lengths[core::as_size(s)];
    const Offsets all = key_offsets.empty() ? offsets : key_offsets;
    return all[core::as_size(s) + 1] - all[core::as_size(s)];
  }
  [[nodiscard]] std::int64_t queries(std::int64_t s) const noexcept {
    if (!positions.empty()) return static_cast<std::int64_t>(positions.size());
    return offsets[core::as_size(s) + 1] - offsets[core::as_size(s)];
  }
  [[nodiscard]] std::int64_t rows(std::int64_t s) const noexcept { return queries(s) * group(); }
  [[nodiscard]] std::int64_t first_query(std::int64_t s) const noexcept {
    if (!positions.empty()) return s * static_cast<std::int64_t>(positions.size());
    return offsets[core::as_size(s)] - offsets.front();
  }
  [[nodiscard]] std::int64_t first_key(std::int64_t s) const noexcept {
    const Offsets all = key_offsets.empty() ? offsets : key_offsets;
    return all[core::as_size(s)] - all.front();
  }
  /// Position of key 0.
  [[nodiscard]] std::int64_t key_position(std::int64_t s) const noexcept {
    return options.first_key_positions.empty() ? 0 : options.first_key_positions[core::as_size(s)];
  }
  /// Position of query 0.
  [[nodiscard]] std::int64_t query_position(std::int64_t s) const noexcept {
    if (!options.first_query_positions.empty()) return options.first_query_positions[core::as_size(s)];
    const std::int64_t top = key_position(s);
    return options.first_query == FirstQuery::top_left ? top : top + keys(s) - queries(s);
  }

  /// Where a view's vectors of a sequence begin, in elements: `token` is the sequence's first one.
  [[nodiscard]] static std::int64_t sequence_begin(const ConstHeadsView& view, std::int64_t s,
                                                   std::int64_t token) noexcept {
    return view.sequence_stride != 0 ? s * view.sequence_stride : token * view.token_stride;
  }
  /// A key head's keys and values.
  [[nodiscard]] kernels::KeySource source(std::int64_t s, std::int64_t key_head) const noexcept;
};

}  // namespace saccade::ops
