#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/unicode/utf8.hpp"

namespace saccade::text {

/// Rules of splitting that depend on single characters. Consecutive splitters with such rules equal one
/// splitter with all their rules, whatever their order.
struct CharacterRules {
  bool drop_whitespace = false;      ///< whitespace ends a word and belongs to none
  bool isolate_punctuation = false;  ///< each punctuation character is a word
  bool separate_symbols = false;     ///< characters that \w matches and others are not in one word
};

[[nodiscard]] constexpr CharacterRules operator|(CharacterRules a, CharacterRules b) noexcept {
  return {.drop_whitespace = a.drop_whitespace || b.drop_whitespace,
          .isolate_punctuation = a.isolate_punctuation || b.isolate_punctuation,
          .separate_symbols = a.separate_symbols || b.separate_symbols};
}

/// Splits normalized text into words. Immutable, for any number of threads.
class CharacterSplitter {
 public:
  explicit CharacterSplitter(const CharacterRules& rules);

  /// Calls piece(std::string_view) for each word in order until it returns false; returns whether all
  /// returned true. The text is valid UTF-8.
  template <typename Piece>
  bool each_piece(std::string_view text, const Piece& piece) const;

 private:
  enum class Part : std::uint8_t { dropped, isolated, word, symbols };
  [[nodiscard]] Part part_of(char32_t c) const noexcept;

  CharacterRules rules_;
  std::vector<Part> table_;  ///< for each character below U+10000
};

template <typename Piece>
bool CharacterSplitter::each_piece(std::string_view text, const Piece& piece) const {
  Part open = Part::dropped;
  std::size_t begin = 0, bytes = 0;
  for (std::size_t i = 0; i < text.size(); i += bytes) {
    const Decoded decoded = decode(text.substr(i));
    const Part part =
        decoded.character < table_.size() ? table_[decoded.character] : part_of(decoded.character);
    bytes = decoded.bytes;
    if (part == open && part != Part::isolated) continue;
    if (open != Part::dropped && !piece(text.substr(begin, i - begin))) return false;
    begin = i;
    open = part;
  }
  return open == Part::dropped || piece(text.substr(begin));
}

}  // namespace saccade::text
