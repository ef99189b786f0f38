#include "attend/attend_layout.hpp"

namespace saccade::command {

std::string to_string(Layout layout) {
  return layout == Layout::packed ? "packed" : layout == Layout::bshd ? "bshd" : "bhsd";
}

std::vector<std::int64_t> shape_of_values(const HeadsSizes& sizes, Layout layout) {
  if (layout == Layout::packed) return {sizes.length, sizes.heads};
  if (layout == Layout::bshd) return {sizes.batch, sizes.length, sizes.heads};
  return {sizes.batch, sizes.heads, sizes.length};
}

std::vector<std::int64_t> shape_of(const HeadsSizes& sizes, Layout layout) {
  std::vector<std::int64_t> shape = shape_of_values(sizes, layout);
  if (sizes.flat) {
    shape.back() *= sizes.head_dim;
  } else {
    shape.push_back(sizes.head_dim);
  }
  return shape;
}

HeadsView view_of(float* data, const HeadsSizes& sizes, Layout layout) {
  HeadsView view = {.data = data,
                    .tokens = sizes.tokens(),
                    .heads = sizes.heads,
                    .head_dim = sizes.head_dim,
                    .token_stride = sizes.heads * sizes.head_dim,
                    .head_stride = sizes.head_dim};
  if (layout == Layout::bhsd) {
    view.token_stride = sizes.head_dim;
    view.head_stride = sizes.length * sizes.head_dim;
  }
  if (layout != Layout::packed) view.sequence_stride = sizes.length * sizes.heads * sizes.head_dim;
  return view;
}

}  // namespace saccade::command
