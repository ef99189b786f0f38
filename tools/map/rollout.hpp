#pragma once

#include "map/attention_map.hpp"

namespace saccade::command {

/// Attention rollout (Abnar and Zuidema 2020, arXiv:2005.00928): what each token takes in of each input token
/// through the map's layers, A_L ... A_1 A_0 with A_l = (mean of the heads + identity) / 2, rows divided by
/// their sums. One plane. Throws Error{unsupported} where a token has no row.
[[nodiscard]] AttentionMap rollout(const AttentionMap& map);

}  // namespace saccade::command
