#pragma once

#include "text/files/json_file.hpp"
#include "text/normalize/normalizer.hpp"
#include "text/split/pre_tokenizer.hpp"

namespace saccade::text {

// Members of tokenizer.json. A type that is not known here is an Error{unsupported} that names it.

[[nodiscard]] std::vector<NormalizerStep> read_normalizer(const JsonValue& tokenizer);
[[nodiscard]] WordRules read_pre_tokenizer(const JsonValue& tokenizer);

/// BertNormalizer's steps; without strip_accents, accents are stripped where lower case is made.
[[nodiscard]] std::vector<NormalizerStep> bert_normalizer(bool clean, bool space_ideographs,
                                                          std::optional<bool> strip_accents, bool lower_case);
/// BertPreTokenizer's rules.
inline constexpr WordRules bert_words = {.drop_whitespace = true, .isolate_punctuation = true};

}  // namespace saccade::text
