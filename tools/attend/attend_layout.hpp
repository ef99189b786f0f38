#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saccade/views.hpp"

namespace saccade::command {

/// The order of dimensions of q, k, v and out in a file.
enum class Layout : std::uint8_t {
  packed,  ///< [tokens, heads, head_dim], sequences one after the other
  bshd,    ///< [batch, length, heads, head_dim]
  bhsd     ///< [batch, heads, length, head_dim]
};

/// Sizes of a tensor with a vector for each token and head.
struct HeadsSizes {
  std::int64_t batch = 1;   ///< sequences of equal length; 1 where packed
  std::int64_t length = 0;  ///< tokens of each; of all together where packed
  std::int64_t heads = 1;
  std::int64_t head_dim = 1;
  bool flat = false;  ///< heads lie side by side in one dimension, heads * head_dim; not in bhsd

  [[nodiscard]] std::int64_t tokens() const noexcept { return batch * length; }
};

/// The name in messages and in the help.
[[nodiscard]] std::string to_string(Layout layout);

/// [tokens, heads, head_dim], ... as `sizes` say.
[[nodiscard]] std::vector<std::int64_t> shape_of(const HeadsSizes& sizes, Layout layout);
/// The same with one value for each token and head.
[[nodiscard]] std::vector<std::int64_t> shape_of_values(const HeadsSizes& sizes, Layout layout);

/// A view of contiguous vectors in this layout.
[[nodiscard]] HeadsView view_of(float* data, const HeadsSizes& sizes, Layout layout);

}  // namespace saccade::command
