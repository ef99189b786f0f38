#include "text/unicode/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "text/unicode/unicode_exceptions.hpp"

namespace saccade::text {
namespace {

utf8proc_int32_t signed_of(char32_t c) noexcept {
  return static_cast<utf8proc_int32_t>(c);
}

const UnicodeException* exception_of(char32_t c) noexcept {
  return c < unicode_exceptions.front().first ? nullptr : find_exception(c);
}

bool is_unassigned_in_9(char32_t c) noexcept {
  const UnicodeException* const exception = exception_of(c);
  return exception != nullptr && exception->category == OldCategory::unassigned;
}

utf8proc_category_t category_in_8(char32_t c) noexcept {
  const UnicodeException* const exception = exception_of(c);
  if (exception == nullptr) return utf8proc_category(signed_of(c));
  switch (exception->category) {
    case OldCategory::nonspacing_mark:
      return UTF8PROC_CATEGORY_MN;
    case OldCategory::spacing_mark:
      return UTF8PROC_CATEGORY_MC;
    case OldCategory::punctuation:
      return UTF8PROC_CATEGORY_PO;
    default:
      return UTF8PROC_CATEGORY_CN;
  }
}

utf8proc_category_t category_in_9(char32_t c) noexcept {
  const UnicodeException* const exception = exception_of(c);
  if (exception != nullptr && exception->category == OldCategory::unassigned_in_8)
    return utf8proc_category(signed_of(c));
  return category_in_8(c);
}

bool is_in(char32_t c, char32_t first, char32_t last) noexcept {
  return c >= first && c <= last;
}

bool is_newer_word_character(char32_t c) noexcept {
  return std::any_of(std::begin(newer_word_characters), std::end(newer_word_characters),
                     [c](const CharacterRange& range) { return is_in(c, range.first, range.last); });
}

/// Symbols that are letters in a circle or square: alphabetic without the category of a letter.
bool is_enclosed_letter(char32_t c) noexcept {
  return is_in(c, 0x24b6, 0x24e9) || is_in(c, 0x1f130, 0x1f149) || is_in(c, 0x1f150, 0x1f169) ||
         is_in(c, 0x1f170, 0x1f189);
}

}  // namespace

bool is_whitespace(char32_t c) noexcept {
  if (c < 0x80) return c == ' ' || is_in(c, '\t', '\r');
  return c == 0x85 || c == 0xa0 || c == 0x1680 || is_in(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_control(char32_t c) noexcept {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const utf8proc_category_t category = category_in_8(c);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_CO;
}

bool is_punctuation(char32_t c) noexcept {
  if (c < 0x80) return is_in(c, '!', '/') || is_in(c, ':', '@') || is_in(c, '[', '`') || is_in(c, '{', '~');
  const utf8proc_category_t category = category_in_8(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool is_nonspacing_mark(char32_t c) noexcept {
  return category_in_8(c) == UTF8PROC_CATEGORY_MN;
}

bool is_mark(char32_t c) noexcept {
  const utf8proc_category_t category = category_in_9(c);
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool is_word_character(char32_t c) noexcept {
  const utf8proc_category_t category = utf8proc_category(signed_of(c));
  const bool letter_or_mark = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
  return letter_or_mark || category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_PC || is_in(c, 0x200c, 0x200d) || is_enclosed_letter(c) ||
         (category == UTF8PROC_CATEGORY_CN && is_newer_word_character(c));
}

bool is_ideograph(char32_t c) noexcept {
  return is_in(c, 0x4e00, 0x9fff) || is_in(c, 0x3400, 0x4dbf) || is_in(c, 0xf900, 0xfaff) ||
         is_in(c, 0x20000, 0x2a6df) || is_in(c, 0x2a700, 0x2b73f) || is_in(c, 0x2b740, 0x2b81f) ||
         is_in(c, 0x2b920, 0x2ceaf) || is_in(c, 0x2f800, 0x2fa1f);
}

void append_lower_case(char32_t c, std::vector<char32_t>& out) {
  if (c == 0x130) {  // the only character that becomes two: i and a dot above
    out.insert(out.end(), {U'i', 0x307});
    return;
  }
  for (const LowerCaseException& range : lower_case_exceptions) {
    if (c < range.first) break;
    if (c <= range.last) return out.push_back(static_cast<char32_t>(signed_of(c) + range.distance));
  }
  out.push_back(static_cast<char32_t>(utf8proc_tolower(signed_of(c))));
}

int combining_class(char32_t c) noexcept {
  return is_unassigned_in_9(c) ? 0 : utf8proc_get_property(signed_of(c))->combining_class;
}

void append_decomposition(char32_t c, bool compatible, std::vector<char32_t>& out) {
  if (c < 0x80 || is_unassigned_in_9(c)) return out.push_back(c);
  std::array<utf8proc_int32_t, 18> parts{};  // U+FDFA has the most
  int unused_boundary_class = 0;
  const int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(signed_of(c), parts.data(), parts.size(),
                              static_cast<utf8proc_option_t>(options), &unused_boundary_class);
  for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(count), parts.size()); ++i)
    out.push_back(static_cast<char32_t>(parts[i]));
}

std::optional<char32_t> composite(char32_t first, char32_t second) noexcept {
  if (second == 0x11a7) return std::nullopt;  // before the first trailing jamo: utf8proc 2.8 lets it vanish
  std::array<utf8proc_int32_t, 2> pair = {signed_of(first), signed_of(second)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  if (utf8proc_normalize_utf32(pair.data(), 2, options) != 1) return std::nullopt;
  const auto composed = static_cast<char32_t>(pair[0]);
  if (is_unassigned_in_9(composed)) return std::nullopt;
  return composed;
}

}  // namespace saccade::text
