#pragma once

#include <vector>

#include "io/json/json_value.hpp"
#include "text/normalize/normalizer.hpp"

namespace saccade::text {

/// The stages of "normalizer" in tokenizer.json, Sequences flattened; none where it is null or missing.
/// Throws Error{unsupported} naming a type that is not known here.
[[nodiscard]] std::vector<Normalizer> read_normalizers(const io::JsonValue& tokenizer);

}  // namespace saccade::text
