#include "ops/attention/attention_problem.hpp"

namespace saccade::ops {

using kernels::element;

kernels::KeySource AttentionProblem::source(std::int64_t s, std::int64_t key_head) const noexcept {
  if (cache == nullptr) {
    const std::int64_t token = first_key(s);
    const auto first = [&](const ConstHeadsView& view) {
      return element(view.data, view.type, sequence_begin(view, s, token) + key_head * view.head_stride);
    };
    return {.keys = first(k),
            .values = first(v),
            .form = kernels::KeySource::Form::rows,
            .key_type = k.type,
            .value_type = v.type,
            .key_stride = k.token_stride,
            .value_stride = v.token_stride,
            .key_head_stride = k.head_stride,
            .value_head_stride = v.head_stride};
  }
  const KeyValueCache& c = *cache;
  const bool table = !c.page_table.empty();
  const std::int64_t block = (table ? 0 : s * c.pages_per_sequence * c.heads) + key_head;
  return {.keys = element(c.keys, c.type, block * c.page_tokens * c.head_dim),
          .values = element(c.values, c.type, block * c.page_tokens * c.value_dim),
          .form = kernels::KeySource::Form::panels,
          .key_type = c.type,
          .value_type = c.type,
          .key_stride = 0,
          .value_stride = c.value_dim,
          .pages = table ? c.page_table.data() + s * c.pages_per_sequence : nullptr,
          .page_keys = c.page_tokens,
          .key_page_stride = c.heads * c.page_tokens * c.head_dim,
          .value_page_stride = c.heads * c.page_tokens * c.value_dim};
}

}  // namespace saccade::ops
