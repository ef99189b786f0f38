#pragma once

// Parameters of the kernels of attention and of key-value caches.

#include "kernels/layout.hpp"
#include "kernels/product/product_parameters.hpp"
#include "saccade/attention.hpp"

namespace saccade::kernels {

/// Where a head's keys and values are: contiguous, or in pages. Page n of a sequence is pages[n], or n where
/// pages is null; page p begins p * key_page_stride and p * value_page_stride elements after page 0.
struct KeySource {
  enum class Form : std::uint8_t {
    panels,  ///< keys packed in panels of 16; where f32, values too are f32 and both are used in place
    rows     ///< a row a key, key_stride apart; packed when they are used
  };
  const void* keys;
  const void* values;
  Form form = Form::panels;
  StorageType key_type = StorageType::f32;
  StorageType value_type = StorageType::f32;
  std::ptrdiff_t key_stride = 0;
  std::ptrdiff_t value_stride = 0;
  std::ptrdiff_t key_head_stride = 0;  ///< where a block's rows have keys of several heads: form rows only
  std::ptrdiff_t value_head_stride = 0;
  const std::int32_t* pages = nullptr;
  std::ptrdiff_t page_keys = whole;  ///< a multiple of 16
  std::ptrdiff_t key_page_stride = 0;
  std::ptrdiff_t value_page_stride = 0;

  static constexpr std::ptrdiff_t whole = std::ptrdiff_t{1} << 61;

  /// Whether keys or values are converted or packed before register tiles read them.
  [[gnu::always_inline]] bool converts() const noexcept { return converts_keys() || converts_values(); }
  [[gnu::always_inline]] bool converts_keys() const noexcept {
    return form == Form::rows || key_type != StorageType::f32;
  }
  [[gnu::always_inline]] bool converts_values() const noexcept { return value_type != StorageType::f32; }
};

/// What is done to a score: times scale, softcap, + bias, + distance bias, hidden by window, mask, biases.
struct ScoreRules {
  float scale;
  std::ptrdiff_t left, right;  ///< keys at most this far before and after a query's position are visible
  float softcap = 0.0f;        ///< 0: none
  ByRow<const void*> mask = {};
  std::ptrdiff_t mask_keys = 0, mask_key_stride = 0;  ///< keys from mask_keys on are hidden
  ByRow<const void*> bias = {};
  std::ptrdiff_t bias_keys = 0, bias_key_stride = 0;
  const float* distance_bias = nullptr;  ///< of head 0
  std::ptrdiff_t distance_head_stride = 0, first_distance = 0, distances = 0;
};

/// Attention of at most max_row_block query rows over the keys of one sequence. Heads are rows of the same
/// block: row i is head (first_row_head + i) % heads_per_query of query (first_row_head + i) /
/// heads_per_query, counted from those that q, out and so on point to. heads_per_key_head neighbouring heads
/// share their keys: all heads of the block, or, where a query's heads have different keys, contiguous in a
/// token, as many as share each of these.
struct AttentionBlock {
  ByRow<const void*> q;
  std::ptrdiff_t rows;
  KeySource source;
  const std::uint8_t* finite;  ///< PackValues of the sequence's values; null: not known
  std::ptrdiff_t keys;
  std::ptrdiff_t head_dim;   ///< of q and k
  std::ptrdiff_t value_dim;  ///< of v and out
  ScoreRules rules;
  std::ptrdiff_t first_position;  ///< of query 0; the next ones follow it
  ByRow<void*> out;
  float* scratch;  ///< attention_scratch() values, aligned to 64 bytes
  std::ptrdiff_t heads_per_query = 1;
  std::ptrdiff_t first_row_head = 0;
  std::ptrdiff_t heads_per_key_head = KeySource::whole;
  std::ptrdiff_t first_key = 0;    ///< position of key 0, a multiple of 16
  std::ptrdiff_t first_block = 0;  ///< blocks of keys to work on, counted from key 0's
  std::ptrdiff_t last_block = KeySource::whole;
  const float* sinks = nullptr;        ///< of head 0; null: none
  float* const* score_rows = nullptr;  ///< for each row null, or room for `keys` values: what `point` says
  ScorePoint point = ScorePoint::probabilities;
  ByRow<void*> log_sum_exp = {};
  ByRow<std::int32_t*> top_keys = {};
  ByRow<float*> top_probabilities = {};
  std::ptrdiff_t top = 0;
  std::ptrdiff_t state_blocks = 0;  ///< that `states` has room for
  ByRow<float*> states = {};  ///< block b of a row is b * (value_dim + 2) further, counted from key 0's block
  /// The rows' running states, [value_dim + 2] each: l, m and sums of the keys before these, l being -1 where
  /// a row has no visible key among them. They are read first, unless the states start here, and become those
  /// of all keys so far.
  ByRow<float*> running = {};
  bool running_starts = false;
  /// Prefetched meanwhile, the last first: hardware does not predict rows that are not contiguous.
  StridedRows ahead[4] = {};

  std::ptrdiff_t query(std::ptrdiff_t row) const noexcept {
    return heads_per_query == 1 ? row : (first_row_head + row) / heads_per_query;
  }
  std::ptrdiff_t head(std::ptrdiff_t row) const noexcept {
    return heads_per_query == 1 ? 0 : (first_row_head + row) % heads_per_query;
  }
};

/// Key blocks that `keys` keys from position `first_key` on touch.
constexpr std::ptrdiff_t key_blocks(std::ptrdiff_t keys, std::ptrdiff_t first_key) {
  return keys == 0 ? 0 : blocks_of(first_key % key_block + keys, key_block);
}

/// Sizes that an AttentionBlock's scratch depends on.
struct AttentionScratch {
  std::ptrdiff_t head_dim;
  std::ptrdiff_t value_dim;
  std::ptrdiff_t blocks;  ///< key blocks
  std::ptrdiff_t top = 0;
  bool converts = false;  ///< keys or values are not packed and f32

  static constexpr std::ptrdiff_t queries(std::ptrdiff_t head_dim) {
    return left_values(max_row_block, head_dim);
  }
  constexpr std::ptrdiff_t values() const {
    const std::ptrdiff_t value_stride = round_up(value_dim, panel_width);
    return queries(head_dim) + row_group * left_stride + (row_block + max_row_block) * value_stride +
           round_up(max_row_block * blocks, panel_width) + round_up(2 * max_row_block * top, panel_width) +
           (converts ? key_block * (head_dim + value_stride) : 0);
  }
};

/// Merges the states of one row, in order: each is StatesView's l, m and sums of a block.
struct MergeStates {
  const float* const* parts;
  const std::ptrdiff_t* blocks;  ///< of each part
  std::ptrdiff_t count;          ///< of parts
  std::ptrdiff_t value_dim;
  const float* sink;  ///< null: none
  void* out;
  StorageType out_type;
  void* log_sum_exp;  ///< null: not written
  StorageType log_sum_exp_type;
  float* running = nullptr;  ///< where the merged state goes, before the sink; null: nowhere
  float* scratch;            ///< round_up(value_dim, 16) values
};

/// Merges two results over disjoint keys.
struct MergeResults {
  const float* first;
  const float* second;
  float first_log_sum_exp;
  float second_log_sum_exp;
  std::ptrdiff_t value_dim;
  float* out;
  float* log_sum_exp;  ///< null: not written
};

/// Writes new keys or values of one head after the first `length` tokens of a page.
struct AppendTokens {
  const void* source;
  StorageType source_type;
  std::ptrdiff_t source_stride;
  std::ptrdiff_t tokens;
  std::ptrdiff_t width;
  std::ptrdiff_t length;  ///< tokens that the page has before
  void* page;             ///< of this head
  StorageType type;
  bool panels;  ///< keys in panels; else rows
};

}  // namespace saccade::kernels
