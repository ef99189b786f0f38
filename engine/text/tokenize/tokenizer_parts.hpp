#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "saccade/tokenizer.hpp"
#include "text/normalize/normalizer.hpp"
#include "text/post/template.hpp"
#include "text/split/splitter.hpp"
#include "text/subword/subword_model.hpp"
#include "text/subword/vocabulary.hpp"
#include "text/tokenize/added_tokens.hpp"

namespace saccade::text {

/// All that a tokenizer is made of, in the order in which a text goes through it.
struct TokenizerParts {
  AddedTokens raw_tokens = AddedTokens();  ///< found in the text as it is
  std::vector<Normalizer> normalizers = {};
  AddedTokens normalized_tokens = AddedTokens();  ///< found in normalized text
  std::vector<Splitter> splitters = {};
  SubwordModel model;
  Templates templates = {};  ///< the post-processor

  Vocabulary vocabulary;  ///< the model's and added tokens
  SpecialTokens special_tokens = {};
  std::int64_t model_max_length = 0;
};

/// Gives the added tokens their ids: those of the vocabulary, which gets those that it lacks at its end.
/// Where a token says which id it expects (-1: any), it must be that one. Throws Error{file_format} naming
/// `file`.
void add_to_vocabulary(const std::filesystem::path& file, std::vector<AddedToken>& tokens,
                       Vocabulary& vocabulary);

/// The tokens that are found in the text as it is, or, where `normalized`, the others, with the contents that
/// they have there; of those that become the same the first (`tokenizers` leaves it to chance). Throws
/// Error{file_format} where a token becomes nothing.
[[nodiscard]] AddedTokens choose_tokens(const std::filesystem::path& file,
                                        const std::vector<AddedToken>& tokens, bool normalized,
                                        std::span<const Normalizer> normalizers);

}  // namespace saccade::text
