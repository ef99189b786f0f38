#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenize/tokenizer_parts.hpp"

namespace saccade::text {

/// Work memory of all stages, for one thread.
struct TokenizeScratch {
  std::string repaired;  ///< the text with invalid UTF-8 replaced
  NormalizeScratch normalize;
};

/// Appends the ids of a text, without the template's special tokens; stops after the word
/// with which there are at least `enough`. Returns how many invalid parts of UTF-8 were replaced.
std::int64_t tokenize(const TokenizerParts& parts, std::string_view text, std::int64_t enough,
                      TokenizeScratch& scratch, std::vector<std::int32_t>& ids);

}  // namespace saccade::text
