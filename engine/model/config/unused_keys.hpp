#pragma once

#include "io/json/json_value.hpp"

namespace saccade::model {

/// Throws Error{unsupported} naming a key of config.json that no reader has looked at, whose name tells of
/// the computation of a block (positions, windows, scores, experts, adapters, quantization) and whose value
/// is not an "off": null, false, 0, empty, "none" or "default". Call it after all keys were read. Other keys,
/// such as dropout rates and labels, do not change what an encoder computes.
void require_no_unused_key(const io::JsonValue& config);

}  // namespace saccade::model
