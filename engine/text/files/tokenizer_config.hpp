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

/// The settings of tokenizer_config.json, special_tokens_map.json and added_tokens.json, with the defaults of
/// transformers' BertTokenizer.
struct TokenizerConfig {
  std::string cls = "[CLS]", sep = "[SEP]", pad = "[PAD]", mask = "[MASK]", unk = "[UNK]";
  bool lower_case = true;
  std::optional<bool> strip_accents = {};  ///< unset: as lower_case
  bool space_ideographs = true;
  std::int64_t model_max_length = 0;
  std::optional<std::string> tokenizer_class = {};
  /// The class is BERT's or one that transformers 5 builds likewise: its normalizer and pre-tokenizer follow
  /// from these options, whatever a tokenizer.json has.
  bool is_bert = false;
  /// Texts are made lower case before the tokenizer's own normalizers, behind special tokens: do_lower_case
  /// of sentence-transformers.
  bool lower_case_first = false;
  /// By ascending id. Special tokens have id -1: that of the vocabulary; those that it lacks are not used.
  std::vector<AddedToken> added_tokens = {};
};

[[nodiscard]] TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory);

[[nodiscard]] SpecialTokens special_tokens_of(const TokenizerConfig& config, const Vocabulary& vocabulary);

/// Reads a token's content and flags from tokenizer.json, tokenizer_config.json or special_tokens_map.json.
[[nodiscard]] AddedToken read_added_token(const io::JsonValue& value);
/// Reads an id. Throws Error{file_format} where the value is not a whole number from 0 to 2^31 - 1.
[[nodiscard]] std::int32_t read_id(const io::JsonValue& value);

}  // namespace saccade::text
