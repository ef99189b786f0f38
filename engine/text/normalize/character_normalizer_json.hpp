#pragma once

#include <optional>
#include <vector>

#include "io/json/json_value.hpp"
#include "text/normalize/character_normalizer.hpp"

namespace saccade::text {

/// Reads the steps of a normalizer in tokenizer.json; nothing where its type is not in character_normalizers.
[[nodiscard]] std::optional<std::vector<CharacterStep>> read_character_steps(const io::JsonValue& normalizer);

inline constexpr const char* character_normalizers =
    "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents";

/// BertNormalizer's steps; where strip_accents is unset, accents are stripped if `lower` is set.
[[nodiscard]] std::vector<CharacterStep> bert_steps(bool clean_text, bool ideographs,
                                                    std::optional<bool> strip_accents, bool lower);

}  // namespace saccade::text
