#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table/kernel_table.hpp"
#include "saccade/attention.hpp"

namespace saccade::layers {

/// Sizes of multi-head attention, by transformers' names. Heads of queries share the heads of keys and values
/// in groups of num_attention_heads / num_key_value_heads neighbours.
struct AttentionShape {
  std::int64_t hidden_size = 0;  ///< values of a token's vector
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;  ///< divides num_attention_heads
  std::int64_t head_dim = 0;             ///< need not be hidden_size / num_attention_heads

  /// Outputs of the query map, and values of a token's context.
  [[nodiscard]] std::int64_t query_size() const noexcept { return num_attention_heads * head_dim; }
  /// Outputs of the key map, and of the value map.
  [[nodiscard]] std::int64_t key_size() const noexcept { return num_key_value_heads * head_dim; }

  // Queries, keys and values are packed side by side, and computed into one row, each from a panel on.
  [[nodiscard]] std::int64_t query_columns() const noexcept {
    return kernels::round_up(query_size(), kernels::panel_width);
  }
  [[nodiscard]] std::int64_t key_columns() const noexcept {
    return kernels::round_up(key_size(), kernels::panel_width);
  }
  [[nodiscard]] std::int64_t qkv_columns() const noexcept { return query_columns() + 2 * key_columns(); }
};

enum class NormPlace : std::uint8_t {
  after_residual,  ///< x = norm(x + f(x)), Vaswani et al. 2017
  before_sublayer  ///< x = x + f(norm(x)), and a last norm after all blocks ("pre-norm")
};

/// The layer norms of a block.
struct NormShape {
  NormPlace place = NormPlace::after_residual;
  double epsilon = 1e-12;
  bool has_bias = true;
};

enum class FeedForwardKind : std::uint8_t {
  plain,  ///< down(activation(up(x)))
  gated   ///< down(activation(gate(x)) * up(x)), Shazeer 2020, arXiv:2002.05202
};

/// A transformer block as data: reading and packing weights, the forward pass and flops depend on nothing
/// else.
struct BlockShape {
  AttentionShape attention;
  bool attention_bias = true;  ///< of query, key, value and output
  NormShape norm;
  FeedForwardKind feed_forward = FeedForwardKind::plain;
  std::int64_t intermediate_size = 0;  ///< values between the linear maps of the feed-forward
  kernels::Activation activation = kernels::Activation::gelu;
  bool mlp_bias = true;  ///< of up, gate and down

  [[nodiscard]] bool gated() const noexcept { return feed_forward == FeedForwardKind::gated; }
  [[nodiscard]] bool norm_first() const noexcept { return norm.place == NormPlace::before_sublayer; }
  /// Columns of gate or up among those of both, which are packed side by side.
  [[nodiscard]] std::int64_t intermediate_columns() const noexcept {
    return kernels::round_up(intermediate_size, kernels::panel_width);
  }
};

/// What differs between the layers of an encoder, all of one BlockShape.
struct LayerShape {
  std::size_t block = 0;           ///< which block's weights the layer uses; several layers may share them
  Window window = Window::full();  ///< visible keys, relative to the query's position
  double rope_theta = 0;           ///< base of the rotary angles; 0: positions are not rotary
  bool has_attention_norm = true;  ///< false: the input of the attention is taken as it is
};

}  // namespace saccade::layers
