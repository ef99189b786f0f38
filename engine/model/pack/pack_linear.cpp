#include "model/pack/pack_linear.hpp"

namespace saccade::model {

using kernels::panel_width;
using kernels::round_up;

ops::PackedWeights pack_linear(Engine::State& state, std::initializer_list<const LinearView*> maps) {
  std::int64_t columns = 0;
  for (const LinearView* map : maps) columns += round_up(map->weight.rows, panel_width);
  ops::PackedWeights packed = ops::make_packed_weights((*maps.begin())->weight.columns, columns);
  std::int64_t column = 0;
  for (const LinearView* map : maps) {
    ops::pack_weights(state,
                      {.out = map->weight.rows,
                       .in = map->weight.columns,
                       .weight = map->weight.data,
                       .weight_type = map->weight.type,
                       .bias = map->bias.data,
                       .bias_type = map->bias.type},
                      column, packed);
    column += round_up(map->weight.rows, panel_width);
  }
  return packed;
}

}  // namespace saccade::model
