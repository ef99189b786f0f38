#pragma once

// What a kernel is from outside: plain parameter blocks and one table of function pointers per ISA.
// Shapes are row by row, sizes in elements, strides in elements unless said otherwise.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/rows/row_parameters.hpp"
#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/isa.hpp"
#include "saccade/storage_type.hpp"

namespace saccade::kernels {

/// Keys and weight columns are packed in panels of 16, on every ISA: [panel][depth][16], the last one filled
/// up with +0. The 16 are also the virtual lanes of a row reduction.
inline constexpr std::ptrdiff_t panel_width = 16;
/// Keys are worked on in blocks of 512 at absolute positions from the sequence's key 0. Part of the numerical
/// contract.
inline constexpr std::ptrdiff_t key_block = 512;
/// A product's depth is cut into pieces of 256, each summed by one chain of fused multiply-adds.
/// Part of the numerical contract.
inline constexpr std::ptrdiff_t depth_piece = 256;
/// Scores of a block of 512 keys, and copied rows of a left operand, lie this far apart: 16 more, so that
/// they do not meet in the same cache sets.
inline constexpr std::ptrdiff_t left_stride = key_block + panel_width;
/// Columns that a register tile covers at most.
inline constexpr std::ptrdiff_t widest_tile = 4 * panel_width;
/// Query rows of an attention block.
inline constexpr std::ptrdiff_t row_block = 48;
/// And of a tall one: to its rows keys and values come half as often. The most that a kernel takes.
inline constexpr std::ptrdiff_t tall_row_block = 2 * row_block;
/// Rows that a matrix product's block has at most: three times as many, since weights are larger than L2 and
/// come anew for each block, while the rows themselves, 300 KiB for each 512 of depth, stay.
inline constexpr std::ptrdiff_t matmul_rows = 144;
/// Rows of an attention block that share one buffer of scores, where keys are many; where they are few, twice
/// or four times as many.
inline constexpr std::ptrdiff_t row_group = 12;
/// Lines that any core has room to ask for in a round of a tile's loop.
inline constexpr int safe_prefetch_rate = 3;

constexpr std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit * unit;
}
constexpr std::ptrdiff_t blocks_of(std::ptrdiff_t n, std::ptrdiff_t unit) {
  return (n + unit - 1) / unit;
}

/// Bytes of an element as kernels take them: of a mask, of f16 and bf16, of fp32 and of i32.
[[gnu::always_inline]] constexpr std::ptrdiff_t bytes_of(StorageType type) {
  return type == StorageType::u8 ? 1 : type == StorageType::f16 || type == StorageType::bf16 ? 2 : 4;
}

/// data + n elements of a type; null, which a tensor without elements may have, stays null.
template <class Pointer>
[[gnu::always_inline]] inline Pointer element(Pointer data, StorageType type, std::ptrdiff_t n) noexcept {
  constexpr bool constant = std::is_const_v<std::remove_pointer_t<Pointer>>;
  using Byte = std::conditional_t<constant, const std::byte, std::byte>;
  using Void = std::conditional_t<constant, const void, void>;
  if (data == nullptr) return nullptr;
  return static_cast<Pointer>(
      static_cast<Void*>(static_cast<Byte*>(static_cast<Void*>(data)) + n * bytes_of(type)));
}

/// panels[p][k][c] = source[16 p + c][k], or source[k][16 p + c] where transposed; +0 beyond `columns`.
struct PackPanels {
  const void* source;
  bool transposed;
  std::ptrdiff_t source_stride;  ///< from one row of the source to the next
  std::ptrdiff_t columns;        ///< keys, or outputs of a linear layer
  std::ptrdiff_t depth;
  float* panels;  ///< round_up(columns, 16) * depth values
  StorageType type = StorageType::f32;
};

/// Whether each block of 512 rows of `values` holds finite numbers only: finite[b] is 1 or 0. Where `packed`
/// is given, the rows are copied there, packed_stride apart: heads that lie side by side in a token leave
/// each row of a head on a page of its own.
struct PackValues {
  const void* values;
  std::ptrdiff_t stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
  std::uint8_t* finite;  ///< blocks_of(rows, 512)
  float* packed = nullptr;
  std::ptrdiff_t packed_stride = 0;
  StorageType type = StorageType::f32;
};

/// relu(x) = x < 0 ? +0 : x; gelu.hpp, silu.hpp and tanh.hpp have the others.
enum class Activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, tanh };

/// What is done to each sum of a matrix product, in this order, each step rounded: + bias, activation, *
/// gate, + residual. Sums in fp64 begin at the bias, or at bias + residual instead. The gate and the residual
/// may be where out is.
struct Epilogue {
  const float* bias = nullptr;  ///< [columns]
  Activation activation = Activation::none;
  const float* gate = nullptr;  ///< [rows][columns]
  std::ptrdiff_t gate_stride = 0;
  const float* residual = nullptr;  ///< [rows][columns]
  std::ptrdiff_t residual_stride = 0;
};

/// out[i][j] = epilogue(sum_k left[i][k] * panels[j / 16][k][j % 16]) for at most matmul_rows rows,
/// none of them where out is.
struct MatmulBlock {
  const float* left;
  std::ptrdiff_t left_row_stride;
  std::ptrdiff_t rows;
  const float* panels;  ///< of the first column wanted
  std::ptrdiff_t depth;
  std::ptrdiff_t columns;
  float* out;
  std::ptrdiff_t out_stride;
  Epilogue epilogue;
  float* scratch;               ///< matmul_scratch(depth) values
  const float* next = nullptr;  ///< what is read first after this block, asked for towards its end
  int max_prefetch_rate = safe_prefetch_rate;  ///< a round of a tile's loop
};

/// Values that a left operand takes where it is copied for tiles.
constexpr std::ptrdiff_t left_values(std::ptrdiff_t rows, std::ptrdiff_t depth) {
  return blocks_of(depth, key_block) * rows * left_stride;
}

/// Values of scratch that a MatmulBlock takes.
constexpr std::ptrdiff_t matmul_scratch(std::ptrdiff_t depth) {
  return left_values(matmul_rows, depth) + matmul_rows * widest_tile;
}

/// Rows of `width` values, `stride` apart.
struct StridedRows {
  const float* data;
  std::ptrdiff_t stride;
  std::ptrdiff_t rows;
  std::ptrdiff_t width;
};

/// Where a head's keys and values are: one after the other, or in pages. Page p of them is pages[p], or p
/// where pages is null; page p begins p * key_page_stride and value_page_stride behind the first one.
struct KeySource {
  enum class Form : std::uint8_t {
    panels,  ///< keys packed in panels of 16; where f32, values too are f32 and both are used in place
    rows     ///< keys row by row, key_stride apart; packed where they are used
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

  /// Tiles cannot read keys or values as they are.
  [[gnu::always_inline]] bool converts() const noexcept { return converts_keys() || converts_values(); }
  [[gnu::always_inline]] bool converts_keys() const noexcept {
    return form == Form::rows || key_type != StorageType::f32;
  }
  [[gnu::always_inline]] bool converts_values() const noexcept { return value_type != StorageType::f32; }
};

/// Something laid out by query and head.
template <class Pointer>
struct ByRow {
  Pointer data = nullptr;
  std::ptrdiff_t query_stride = 0;
  std::ptrdiff_t head_stride = 0;
  StorageType type = StorageType::f32;

  [[gnu::always_inline]] std::ptrdiff_t offset(std::ptrdiff_t query, std::ptrdiff_t head) const noexcept {
    return query * query_stride + head * head_stride;
  }
  [[gnu::always_inline]] Pointer at(std::ptrdiff_t query, std::ptrdiff_t head) const noexcept {
    return element(data, type, offset(query, head));
  }
};

/// What becomes of a score: times scale, softcap, + bias, + distance bias, hidden by window, mask, biases.
struct ScoreRules {
  float scale;
  std::ptrdiff_t left, right;  ///< keys at most this far before and after a query's position are seen
  float softcap = 0.0f;        ///< 0: none
  ByRow<const void*> mask = {};
  std::ptrdiff_t mask_keys = 0, mask_key_stride = 0;  ///< keys from mask_keys on are hidden
  ByRow<const void*> bias = {};
  std::ptrdiff_t bias_keys = 0, bias_key_stride = 0;
  const float* distance_bias = nullptr;  ///< of head 0
  std::ptrdiff_t distance_head_stride = 0, first_distance = 0, distances = 0;
};

/// Attention of at most tall_row_block query rows over the keys of one sequence. Heads are rows of the same
/// block: row i is head (lead + i) % group of query (lead + i) / group, counted from those that q, out and so
/// on point to. `sharing` neighbouring heads have the same keys: all of a group, or those of a query have
/// different ones that lie side by side in a token.
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
  std::ptrdiff_t group = 1;
  std::ptrdiff_t lead = 0;
  std::ptrdiff_t sharing = KeySource::whole;
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
  /// Asked for meanwhile, the last first: hardware does not foresee rows that lie apart.
  StridedRows ahead[4] = {};

  std::ptrdiff_t query(std::ptrdiff_t row) const noexcept { return group == 1 ? row : (lead + row) / group; }
  std::ptrdiff_t head(std::ptrdiff_t row) const noexcept { return group == 1 ? 0 : (lead + row) % group; }
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
    return left_values(tall_row_block, head_dim);
  }
  constexpr std::ptrdiff_t values() const {
    const std::ptrdiff_t value_stride = round_up(value_dim, panel_width);
    return queries(head_dim) + row_group * left_stride + (row_block + tall_row_block) * value_stride +
           round_up(tall_row_block * blocks, panel_width) + round_up(2 * tall_row_block * top, panel_width) +
           (converts ? key_block * (head_dim + value_stride) : 0);
  }
};

/// Joins the states of one row, in order: each is StatesView's l, m and sums of a block.
struct MergeStates {
  const float* const* parts;
  const std::ptrdiff_t* blocks;  ///< of each part
  std::ptrdiff_t count;          ///< of parts
  std::ptrdiff_t value_dim;
  const float* sink;  ///< null: none
  void* out;
  StorageType out_type;
  void* log_sum_exp;  ///< null: not wanted
  StorageType log_sum_exp_type;
  float* scratch;  ///< round_up(value_dim, 16) values
};

/// Joins two results over disjoint keys.
struct MergeResults {
  const float* first;
  const float* second;
  float first_log_sum_exp;
  float second_log_sum_exp;
  std::ptrdiff_t value_dim;
  float* out;
  float* log_sum_exp;  ///< null: not wanted
};

/// Writes new keys or values of one head behind `length` tokens of a cache.
struct AppendTokens {
  const void* source;
  StorageType source_type;
  std::ptrdiff_t source_stride;
  std::ptrdiff_t tokens;
  std::ptrdiff_t width;
  std::ptrdiff_t length;  ///< tokens of the page before
  void* page;             ///< of this head
  StorageType type;
  bool panels;  ///< keys in panels; else rows
};

/// out[i] = exp(in[i] * scale - max) / sum over one row; in and out may be the same. Bits as an attention
/// row's probabilities have them. `in` is left alone otherwise.
struct RowSoftmax {
  const float* in;
  float* out;
  std::ptrdiff_t columns;
  float scale;
};

/// All kernels of an ISA.
struct KernelTable {
  Isa isa;
  int lanes;         ///< fp32 values in a register
  int tile_rows;     ///< of the register tile of matrix products
  int tile_columns;  ///< of the register tile of matrix products
  void (*pack_panels)(const PackPanels&) noexcept;
  void (*pack_values)(const PackValues&) noexcept;
  void (*matmul_block)(const MatmulBlock&) noexcept;
  void (*attention_block)(const AttentionBlock&) noexcept;
  void (*merge_states)(const MergeStates&) noexcept;
  void (*merge_results)(const MergeResults&) noexcept;
  void (*append_tokens)(const AppendTokens&) noexcept;
  void (*row_softmax)(const RowSoftmax&) noexcept;
  void (*layer_norm)(const LayerNorm&) noexcept;
  void (*normalize)(const Normalize&) noexcept;
  void (*rotate)(const Rotate&) noexcept;
  void (*embedding_lookup)(const EmbeddingLookup&) noexcept;
  void (*pool)(const Pool&) noexcept;
  /// Runs `rounds` rounds of independent fused multiply-adds in registers; returns floating-point operations
  /// done.
  double (*fma_peak)(std::ptrdiff_t rounds) noexcept;
  /// Reads n values once; returns something that depends on them all, so that the reads stay.
  float (*read_all)(const float* data, std::ptrdiff_t n) noexcept;
  Accumulation accumulation = Accumulation::fp32;
  /// The same with matrix elements summed in double precision; null where this is it.
  const KernelTable* fp64_sums = nullptr;
};

}  // namespace saccade::kernels
