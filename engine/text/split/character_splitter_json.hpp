#pragma once

#include <optional>

#include "io/json/json_value.hpp"
#include "text/split/character_splitter.hpp"

namespace saccade::text {

/// Reads the rules of a pre-tokenizer in tokenizer.json; nothing where its type is not in
/// character_splitters.
[[nodiscard]] std::optional<CharacterRules> read_character_rules(const io::JsonValue& pre_tokenizer);

inline constexpr const char* character_splitters =
    "BertPreTokenizer, Punctuation, Whitespace, WhitespaceSplit";

/// BertPreTokenizer's rules.
inline constexpr CharacterRules bert_rules = {.drop_whitespace = true, .isolate_punctuation = true};

}  // namespace saccade::text
