#pragma once

#include <optional>
#include <vector>

namespace saccade::text {

// What the library `tokenizers` (0.23), by which models' vocabularies were made, knows of a character:
// categories as of Unicode 8, decompositions and marks as of Unicode 9, \w as of 16 (or utf8proc, where it is
// newer), lower case as of 17. Where utf8proc's tables are newer or older, unicode_exceptions.hpp has the
// difference.

/// Unicode's White_Space.
[[nodiscard]] bool is_whitespace(char32_t c) noexcept;
/// Categories Cc, Cf and Co, but for tab, line feed and carriage return.
[[nodiscard]] bool is_control(char32_t c) noexcept;
/// Categories P*, and those of ASCII's symbols that Unicode has elsewhere, such as $ and +.
[[nodiscard]] bool is_punctuation(char32_t c) noexcept;
/// Category Mn.
[[nodiscard]] bool is_nonspacing_mark(char32_t c) noexcept;
/// Categories M*.
[[nodiscard]] bool is_mark(char32_t c) noexcept;
/// What \w matches (UTS #18): letters, marks, decimal digits, connectors.
[[nodiscard]] bool is_word_character(char32_t c) noexcept;
/// The blocks of Han characters that BERT takes for a word each.
[[nodiscard]] bool is_ideograph(char32_t c) noexcept;

/// One or, for U+0130, two characters.
void append_lower_case(char32_t c, std::vector<char32_t>& out);

/// The canonical combining class; 0: a starter.
[[nodiscard]] int combining_class(char32_t c) noexcept;
/// The full decomposition of one character, canonical or (NFKD's) compatible, unordered.
void append_decomposition(char32_t c, bool compatible, std::vector<char32_t>& out);
/// The primary composite of two characters, if there is one.
[[nodiscard]] std::optional<char32_t> composite(char32_t first, char32_t second) noexcept;

}  // namespace saccade::text
