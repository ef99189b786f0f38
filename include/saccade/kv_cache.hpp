#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// Keys and values of sequences that grow, in pages of the caller's memory. Page p has, for each key head,
/// keys in panels of 16, [page_tokens / 16][head_dim][16], in which a single query's products stream, and
/// values [page_tokens][value_dim]:
///   key (page, head, token, d) is keys[((page * heads + head) * page_tokens + token / 16 * 16) * head_dim +
///   d * 16 + token % 16] value (page, head, token, d) is values[((page * heads + head) * page_tokens +
///   token) * value_dim + d]
/// Token t of sequence s lies in page page_table[s * pages_per_sequence + t / page_tokens]; without a table
/// the pages of a sequence follow one another: one large page for each sequence is a contiguous cache.
struct KeyValueCache {
  void* keys = nullptr;
  void* values = nullptr;
  StorageType type = StorageType::f32;  ///< f32, f16 or bf16
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t value_dim = 0;
  std::int64_t page_tokens = 0;  ///< a multiple of 16
  std::int64_t pages = 0;        ///< in memory
  std::int64_t pages_per_sequence = 1;
  std::span<const std::int32_t> page_table =
      {};  ///< [sequences][pages_per_sequence], entries in use only are read
};

/// Writes new tokens behind the `lengths[s]` tokens that each sequence s has in the cache. k and v have the
/// new tokens of all sequences, divided by `offsets`; values are rounded to nearest where the cache stores
/// less than they hold. The lengths stay the caller's to count. Sequences may share pages, as those of a
/// common prefix, but no two may write to the same page in one call. Throws Error{invalid_argument} before
/// anything is written when operands disagree.
SACCADE_API void append(Engine& engine, const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                        const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets);

/// attention() with keys and values from a cache.
struct CacheTensors {
  ConstHeadsView q;
  KeyValueCache cache;
  HeadsView out;
  Offsets offsets;                        ///< of queries
  std::span<const std::int64_t> lengths;  ///< tokens of each sequence in the cache
};

/// Each row has the bits that attention() gives it from k and v in memory, whether its sequence is computed
/// at once, in chunks, or token by token.
SACCADE_API void attention(Engine& engine, const CacheTensors& tensors, const AttentionOptions& options = {});
SACCADE_API [[nodiscard]] std::size_t attention_workspace(const Engine& engine, const CacheTensors& tensors,
                                                          const AttentionOptions& options = {});

}  // namespace saccade
