#pragma once

#include "layers/packed_encoder.hpp"
#include "saccade/encoder.hpp"

namespace saccade::model {

/// What is wanted of the layers fits them and the batch. Throws Error{invalid_argument} with the numbers.
void validate_wanted(const layers::PackedEncoder& encoder, Offsets offsets, const EncodeOptions& wanted);

}  // namespace saccade::model
