#include "layers/flops.hpp"

#include <algorithm>

namespace saccade::layers {

double visible_pairs(std::int64_t n, const Window& window) noexcept {
  const auto pairs_on_one_side = [n](std::int64_t reach) {  // sum of min(i, reach) over i < n
    const double all = static_cast<double>(n), r = static_cast<double>(std::min(reach, n - 1));
    return r * (r + 1) / 2 + (all - 1 - r) * r;
  };
  return n == 0 ? 0
                : static_cast<double>(n) + pairs_on_one_side(window.left) + pairs_on_one_side(window.right);
}

double qkv_products(const AttentionShape& shape) noexcept {
  return static_cast<double>(shape.hidden_size) *
         static_cast<double>(shape.query_size() + 2 * shape.key_size());
}

double attention_products(const AttentionShape& shape, Offsets offsets, const Window& window) noexcept {
  double pairs = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s)
    pairs += visible_pairs(offsets[s] - offsets[s - 1], window);
  return 2 * static_cast<double>(shape.query_size()) * pairs;
}

double encoder_flops(const PackedEncoder& encoder, Offsets offsets) noexcept {
  const BlockShape& shape = encoder.shape;
  const auto hidden = static_cast<double>(encoder.hidden_size());
  const double tokens = offsets.empty() ? 0.0 : static_cast<double>(offsets.back());
  const double block = qkv_products(shape.attention) +
                       hidden * static_cast<double>(shape.attention.query_size()) +
                       hidden * static_cast<double>(shape.intermediate_size) * (shape.gated() ? 3 : 2);
  double products = tokens * hidden * static_cast<double>(encoder.embedding_projection.in);
  for (const PackedLayer& layer : encoder.layers)
    products += tokens * block + attention_products(shape.attention, offsets, layer.shape.window);
  return 2 * products;
}

}  // namespace saccade::layers
