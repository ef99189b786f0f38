#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/unicode/utf8.hpp"

namespace saccade::text {

/// How text is split into words. Each rule looks at single characters, so any number of splitters, in any
/// order, is which of the rules hold.
struct WordRules {
  bool drop_whitespace = false;      ///< whitespace ends a word and belongs to none
  bool isolate_punctuation = false;  ///< each punctuation character is a word
  bool separate_symbols = false;     ///< characters that \w matches and others are never in one word
};

/// Splits normalized text into words. Immutable, for any number of threads.
class PreTokenizer {
 public:
  explicit PreTokenizer(const WordRules& rules);

  /// Calls word(std::string_view) for each word in turn, as long as it returns true. The text is valid UTF-8.
  template <typename Word>
  void each_word(std::string_view text, Word word) const;

 private:
  enum class Part : std::uint8_t { dropped, alone, letters, symbols };
  [[nodiscard]] Part part_of(char32_t c) const noexcept;

  WordRules rules_;
  std::vector<Part> table_;  ///< of each character below U+10000
};

template <typename Word>
void PreTokenizer::each_word(std::string_view text, Word word) const {
  Part open = Part::dropped;
  std::size_t begin = 0, bytes = 0;
  for (std::size_t i = 0; i < text.size(); i += bytes) {
    const Decoded decoded = decode(text.substr(i));
    const Part part =
        decoded.character < table_.size() ? table_[decoded.character] : part_of(decoded.character);
    bytes = decoded.bytes;
    if (part == open && part != Part::alone) continue;
    if (open != Part::dropped && !word(text.substr(begin, i - begin))) return;
    begin = i;
    open = part;
  }
  if (open != Part::dropped) word(text.substr(begin));
}

}  // namespace saccade::text
