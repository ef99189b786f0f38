#pragma once

#include "io/json/json_value.hpp"
#include "text/subword/subword_model.hpp"
#include "text/subword/vocabulary.hpp"

namespace saccade::text {

/// "model" in tokenizer.json.
struct StoredSubwordModel {
  Vocabulary vocabulary;
  SubwordModel model;
  std::int32_t unknown;  ///< id of the token for what the model knows no token for
};

/// Throws Error{unsupported} naming a type that is not known here, and Error{file_format} for a vocabulary
/// whose ids are not 0, 1, 2 and so on.
[[nodiscard]] StoredSubwordModel read_subword_model(const io::JsonValue& model);

}  // namespace saccade::text
