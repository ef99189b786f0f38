#pragma once

#include "layers/packed_encoder.hpp"
#include "saccade/encoder.hpp"

namespace saccade::model {

/// Checks that the outputs which the options want of each layer fit the layers and the batch. Throws
/// Error{invalid_argument} with the numbers.
void validate_encode_options(const layers::PackedEncoder& encoder, Offsets offsets,
                             const EncodeOptions& options);

}  // namespace saccade::model
