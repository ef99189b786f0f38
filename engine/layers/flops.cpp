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

double encoder_flops(const PackedEncoder& encoder, Offsets offsets) noexcept {
  const auto width = static_cast<double>(encoder.width);
  const auto context = static_cast<double>(encoder.heads * encoder.head_dim);
  const auto feed_forward = static_cast<double>(encoder.feed_forward);
  const double tokens = offsets.empty() ? 0.0 : static_cast<double>(offsets.back());
  // q, k, v and output; up, perhaps a gate, and down.
  const double block = width * (4 * context + (encoder.gated ? 3 : 2) * feed_forward);
  double products = tokens * width * static_cast<double>(encoder.projection.in);
  for (const StackPlace& place : encoder.stack) {
    products += tokens * block;
    for (std::size_t s = 1; s < offsets.size(); ++s)
      products += 2 * context * visible_pairs(offsets[s] - offsets[s - 1], place.window);
  }
  return 2 * products;
}

}  // namespace saccade::layers
