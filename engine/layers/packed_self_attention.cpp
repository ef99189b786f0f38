#include "layers/packed_self_attention.hpp"

#include <array>

namespace saccade::layers {

PackedSelfAttention pack_self_attention(scheduler::ExecutionContext& state, const SelfAttentionViews& views,
                                        std::int64_t heads) {
  const std::int64_t context = views.query.out();
  PackedSelfAttention packed = {
      .shape = {.hidden_size = views.query.in(),
                .num_attention_heads = heads,
                .num_key_value_heads = heads,
                .head_dim = context / heads},
      .output_size = context,
      .qkv = ops::pack_weights(state, std::array{views.query, views.key, views.value}),
      .output = {}};
  if (!views.output.weight) return packed;
  packed.output_size = views.output.out();
  packed.output = ops::pack_weights(state, std::array{views.output});
  return packed;
}

}  // namespace saccade::layers
