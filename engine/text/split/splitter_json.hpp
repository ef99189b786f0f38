#pragma once

#include <vector>

#include "io/json/json_value.hpp"
#include "text/split/splitter.hpp"

namespace saccade::text {

/// Reads the stages of "pre_tokenizer" in tokenizer.json, Sequences flattened; none where it is null or
/// missing. Throws Error{unsupported} for other types.
[[nodiscard]] std::vector<Splitter> read_splitters(const io::JsonValue& tokenizer);

}  // namespace saccade::text
