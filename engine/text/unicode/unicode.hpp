#pragma once

#include <optional>
#include <vector>

namespace saccade::text {

// Properties of characters as the library `tokenizers` (0.23) has them, with which vocabularies were made:
// categories as of Unicode 8, decompositions and marks as of Unicode 9, \w as of 16 (or utf8proc, where it is
// newer), lower case as of 17. unicode_exceptions.hpp has the characters for
// which utf8proc's tables differ.

/// Unicode's White_Space.
[[nodiscard]] bool is_whitespace(char32_t c) noexcept;
/// Categories Cc, Cf and Co, except tab, line feed and carriage return.
[[nodiscard]] bool is_control(char32_t c) noexcept;
/// Categories P*, and the symbols of ASCII, such as $ and +.
[[nodiscard]] bool is_punctuation(char32_t c) noexcept;
/// Category Mn.
[[nodiscard]] bool is_nonspacing_mark(char32_t c) noexcept;
/// Categories M*.
[[nodiscard]] bool is_mark(char32_t c) noexcept;
/// Characters that \w matches (UTS #18): letters, marks, decimal digits, connectors.
[[nodiscard]] bool is_word_character(char32_t c) noexcept;
/// The blocks of Han characters, each of which is a word for BERT.
[[nodiscard]] bool is_ideograph(char32_t c) noexcept;

/// Appends the lower case: one character, two for U+0130.
void append_lower_case(char32_t c, std::vector<char32_t>& out);

/// The canonical combining class; 0: a starter.
[[nodiscard]] int combining_class(char32_t c) noexcept;
/// Appends the full decomposition of one character, canonical or compatible (NFKD), not ordered.
void append_decomposition(char32_t c, bool compatible, std::vector<char32_t>& out);
/// The primary composite of two characters, if there is one.
[[nodiscard]] std::optional<char32_t> composite(char32_t first, char32_t second) noexcept;

}  // namespace saccade::text
