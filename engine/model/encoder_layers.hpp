#pragma once

#include "model/config/encoder_config.hpp"
#include "model/config/encoder_family.hpp"
#include "model/config/json_object.hpp"

namespace saccade::model {

/// Fills in the layers of `encoder`, whose sizes are known: their number, which weights each has, and where a
/// family's layers alternate, each one's window and rotary base.
void read_layers(const JsonObject& config, const EncoderFamily& family, EncoderConfig& encoder);

}  // namespace saccade::model
