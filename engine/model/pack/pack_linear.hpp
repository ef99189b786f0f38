#pragma once

#include <initializer_list>

#include "model/files/weight_view.hpp"
#include "ops/linear.hpp"

namespace saccade::model {

/// Packs linear maps with the same input side by side, each from a panel on.
[[nodiscard]] ops::PackedWeights pack_linear(Engine::State& state,
                                             std::initializer_list<const LinearView*> maps);

}  // namespace saccade::model
