#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// A paged cache of keys and values, in memory of the caller (as in PagedAttention, arXiv:2309.06180). Token
/// t of sequence s is in page page_table[s * pages_per_sequence + t / page_tokens]. Without a table the pages
/// of a sequence are consecutive: one large page for each sequence is a contiguous cache.
///
/// A page has, for each key head, the keys in panels of 16 tokens, [page_tokens / 16][head_dim][16], as the
/// products of a single query read them, and the values as [page_tokens][value_dim]. With n = (page * heads +
/// head) * page_tokens, element d of a token within its page is
///
///     keys[(n + token / 16 * 16) * head_dim + d * 16 + token % 16]
///     values[(n + token) * value_dim + d]
///
/// @code
/// std::vector<float> key_memory(8 * 2 * 256 * 64), value_memory(8 * 2 * 256 * 64);  // 8 pages of 2 heads
/// const saccade::KeyValueCache cache = {.keys = key_memory.data(), .values = value_memory.data(),
///                                       .heads = 2, .head_dim = 64, .value_dim = 64,
///                                       .page_tokens = 256, .pages = 8};
/// std::vector<std::int64_t> counts(8);                            // 8 sequences, one page for each
/// saccade::append(engine, cache, counts, new_k, new_v, offsets);  // offsets: of the new tokens
/// for (std::size_t s = 0; s < counts.size(); ++s) counts[s] += offsets[s + 1] - offsets[s];
/// saccade::attention(engine, {.q = q, .cache = cache, .out = out, .offsets = offsets, .lengths = counts},
///                    {.window = saccade::Window::causal()});
/// @endcode
struct KeyValueCache {
  void* keys = nullptr;                 ///< pages * heads * page_tokens * head_dim elements
  void* values = nullptr;               ///< pages * heads * page_tokens * value_dim elements
  StorageType type = StorageType::f32;  ///< of keys and values: f32, f16 or bf16
  std::int64_t heads = 0;               ///< key heads, 1 or more
  std::int64_t head_dim = 0;            ///< values of a key, 1 or more
  std::int64_t value_dim = 0;           ///< values of a value, 1 or more
  std::int64_t page_tokens = 0;         ///< tokens of a page, a multiple of 16
  std::int64_t pages = 0;               ///< pages in memory
  std::int64_t pages_per_sequence = 1;  ///< entries of the page table for each sequence
  /// [sequences][pages_per_sequence]; only the entries of pages in use are read. Empty: page i of sequence s
  /// is s * pages_per_sequence + i.
  std::span<const std::int32_t> page_table = {};
};

/// Writes new tokens after the lengths[s] tokens that each sequence s has in the cache. k and v have the new
/// tokens of all sequences, separated by `offsets`; values are rounded to nearest where the cache stores less
/// than they hold. The caller counts the lengths. Sequences may share pages, as those of a common prefix, but
/// two sequences must not write to the same page in one call. Throws Error{invalid_argument} before anything
/// is written when operands disagree.
SACCADE_API void append(Engine& engine, const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                        const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets);

/// Operands of attention() with keys and values from a cache. q.heads is a multiple of cache.heads.
struct CacheTensors {
  ConstHeadsView q;                       ///< queries
  KeyValueCache cache;                    ///< keys and values, the new tokens' included
  HeadsView out;                          ///< tokens and heads of q, head_dim = cache.value_dim
  Offsets offsets;                        ///< sequence boundaries of the queries
  std::span<const std::int64_t> lengths;  ///< tokens of each sequence in the cache
};

/// Attention with keys and values from a cache. Each row has the bits that attention() gives it from k and v
/// in memory, whether its sequence is computed in one call, in chunks, or token by token. Throws
/// Error{invalid_argument} before `out` is written when operands disagree.
SACCADE_API void attention(Engine& engine, const CacheTensors& tensors, const AttentionOptions& options = {});
/// Bytes of scratch that attention() takes from the engine for these operands. Throws as attention() does.
SACCADE_API [[nodiscard]] std::size_t attention_workspace(const Engine& engine, const CacheTensors& tensors,
                                                          const AttentionOptions& options = {});

}  // namespace saccade
