#include "text/split/character_splitter.hpp"

#include "text/unicode/unicode.hpp"

namespace saccade::text {

CharacterSplitter::CharacterSplitter(const CharacterRules& rules) : rules_(rules), table_(0x10000) {
  for (char32_t c = 0; c < table_.size(); ++c) table_[c] = part_of(c);
}

CharacterSplitter::Part CharacterSplitter::part_of(char32_t c) const noexcept {
  if (rules_.drop_whitespace && is_whitespace(c)) return Part::dropped;
  if (rules_.isolate_punctuation && is_punctuation(c)) return Part::isolated;
  return rules_.separate_symbols && !is_word_character(c) ? Part::symbols : Part::word;
}

}  // namespace saccade::text
