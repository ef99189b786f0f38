#pragma once

#include "io/json/json_value.hpp"
#include "text/subword/subword_model.hpp"
#include "text/subword/vocabulary.hpp"

namespace saccade::text {

/// The subword model of tokenizer.json and its vocabulary.
struct StoredSubwordModel {
  Vocabulary vocabulary;
  SubwordModel model;
  std::int32_t unknown;  ///< id of the token for words that cannot be made of tokens
};

/// Reads "model" of tokenizer.json. Ids may have gaps, and two tokens one id, as in `tokenizers`. Throws
/// Error{unsupported} for other types, and Error{file_format} for an id beyond Vocabulary::most_ids.
[[nodiscard]] StoredSubwordModel read_subword_model(const io::JsonValue& model);

}  // namespace saccade::text
