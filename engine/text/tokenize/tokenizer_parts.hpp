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

/// The stages of a tokenizer in the order in which they are applied, and its vocabulary.
struct TokenizerParts {
  AddedTokens raw_tokens = AddedTokens();  ///< found in the original text
  std::vector<Normalizer> normalizers = {};
  AddedTokens normalized_tokens = AddedTokens();  ///< found in normalized text
  std::vector<Splitter> splitters = {};
  SubwordModel model;
  Templates templates = {};  ///< the post-processor

  Vocabulary vocabulary;  ///< tokens of the model, and added tokens
  SpecialTokens special_tokens = {};
  std::int64_t model_max_length = 0;
};

/// Sets the ids of added tokens, and appends those to the vocabulary that it lacks: the first with the number
/// of its tokens as id, the others with the ids after it, as `tokenizers` does. Throws Error{file_format}
/// naming `file` where a token has another id in the file (-1: any), or would have the id of another token,
/// which can be where the vocabulary has gaps.
void add_to_vocabulary(const std::filesystem::path& file, std::vector<AddedToken>& tokens,
                       Vocabulary& vocabulary);

/// The tokens whose `normalized` flag is this, with normalized contents if it is set. Of tokens with equal
/// contents the first is used (in `tokenizers` the order is random). Throws Error{file_format} where a token
/// is empty after normalization.
[[nodiscard]] AddedTokens choose_tokens(const std::filesystem::path& file,
                                        const std::vector<AddedToken>& tokens, bool normalized,
                                        std::span<const Normalizer> normalizers);

}  // namespace saccade::text
