#pragma once

#include "io/json/json_value.hpp"
#include "model/config/encoder_config.hpp"
#include "model/config/encoder_family.hpp"

namespace saccade::model {

/// Adds the layers of `encoder`, whose shape is known: which block's weights each uses, and where a family's
/// layers alternate, the window and rotary base of each.
void read_layers(const io::JsonValue& config, const EncoderFamily& family, EncoderConfig& encoder);

}  // namespace saccade::model
