#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/json/json_value.hpp"
#include "saccade/tokenizer.hpp"
#include "text/subword/vocabulary.hpp"
#include "text/tokenize/added_tokens.hpp"

namespace saccade::text {

/// What tokenizer_config.json, special_tokens_map.json and added_tokens.json say beside a vocabulary, or what
/// holds where they do not.
struct TokenizerConfig {
  std::string cls = "[CLS]", sep = "[SEP]", pad = "[PAD]", mask = "[MASK]", unk = "[UNK]";
  bool lower_case = true;
  std::optional<bool> strip_accents = {};  ///< unset: as lower_case
  bool space_ideographs = true;
  std::int64_t model_max_length = 0;
  std::optional<std::string> tokenizer_class = {};
  /// By ascending id. Special tokens have none: they are in the vocabulary, or the model does without them.
  std::vector<AddedToken> added_tokens = {};
};

[[nodiscard]] TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory);

[[nodiscard]] SpecialTokens special_tokens_of(const TokenizerConfig& config, const Vocabulary& vocabulary);

/// A token's content and flags, as tokenizer.json, tokenizer_config.json and special_tokens_map.json have it.
[[nodiscard]] AddedToken read_added_token(const io::JsonValue& value);
/// Throws Error{file_format} where the value is no whole number from 0 on.
[[nodiscard]] std::int32_t read_id(const io::JsonValue& value);

}  // namespace saccade::text
