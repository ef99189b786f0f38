#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/normalize/normalizer.hpp"
#include "text/tokenizer_parts.hpp"

namespace saccade::text {

/// Memory to work in, one for each thread.
struct TokenizeScratch {
  std::string repaired, normalized;
  Normalizer::Scratch normalizer;
};

/// Appends the ids of a text, without the template's special tokens; stops after a word with which there are
/// `enough` of them. Returns how many invalid parts of UTF-8 were replaced.
std::int64_t tokenize(const TokenizerParts& parts, std::string_view text, std::int64_t enough,
                      TokenizeScratch& scratch, std::vector<std::int32_t>& ids);

}  // namespace saccade::text
