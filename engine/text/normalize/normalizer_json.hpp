#pragma once

#include <vector>

#include "io/json/json_value.hpp"
#include "text/normalize/normalizer.hpp"

namespace saccade::text {

/// Reads the stages of "normalizer" in tokenizer.json, Sequences flattened; none where it is null or missing.
/// Throws Error{unsupported} for other types.
[[nodiscard]] std::vector<Normalizer> read_normalizers(const io::JsonValue& tokenizer);

}  // namespace saccade::text
