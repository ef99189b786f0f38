#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace saccade::text {

/// The properties that `tokenizers` gives to the characters of a range.
enum class OldCategory : std::uint8_t {
  unassigned,       ///< newer than Unicode 9: no category, no decomposition, combining class 0
  unassigned_in_8,  ///< newer than Unicode 8: no category, but a mark where all marks count
  nonspacing_mark,  ///< Mn in Unicode 8, Mc since
  spacing_mark,     ///< Mc in Unicode 8, Lo since
  punctuation,      ///< Po in Unicode 8, So or Mn since
};

struct UnicodeException {
  char32_t first, last;
  OldCategory category;
};

/// The characters for which utf8proc (Unicode 15 to 17) and `tokenizers` differ, in ascending order.
/// `tokenizers` has categories of Unicode 8 and normal forms of Unicode 9: characters assigned later have no
/// properties, so that marks are not stripped, punctuation does not split and controls stay. A range may
/// include characters for which both agree that they are letters, symbols or unassigned.
inline constexpr auto unicode_exceptions = [] {
  using enum OldCategory;
  return std::to_array<UnicodeException>({
      {0x61d, 0x61d, unassigned},          {0x7fd, 0x7fd, unassigned},
      {0x890, 0x8d3, unassigned},          {0x8d4, 0x8e2, unassigned_in_8},
      {0x9fd, 0x9fe, unassigned},          {0xa76, 0xa76, unassigned},
      {0xafa, 0xaff, unassigned},          {0xb55, 0xb55, unassigned},
      {0xc04, 0xc3c, unassigned},          {0xc77, 0xc77, unassigned},
      {0xc84, 0xc84, unassigned},          {0xcf3, 0xd00, unassigned},
      {0xd3b, 0xd3c, unassigned},          {0xd81, 0xd81, unassigned},
      {0xeba, 0xeba, unassigned},          {0xece, 0xece, unassigned},
      {0x166d, 0x166d, punctuation},       {0x1715, 0x1715, unassigned},
      {0x1734, 0x1734, nonspacing_mark},   {0x180f, 0x180f, unassigned},
      {0x1885, 0x1886, unassigned_in_8},   {0x1abf, 0x1aeb, unassigned},
      {0x1b4e, 0x1b4f, unassigned},        {0x1b7d, 0x1b7f, unassigned},
      {0x1cf2, 0x1cf3, spacing_mark},      {0x1cf7, 0x1cf7, unassigned},
      {0x1df6, 0x1dfa, unassigned},        {0x1dfb, 0x1dfb, unassigned_in_8},
      {0x2e43, 0x2e5d, unassigned},        {0x32ff, 0x32ff, unassigned},
      {0xa7f1, 0xa7f4, unassigned},        {0xa82c, 0xa82c, unassigned},
      {0xa8c5, 0xa8c5, unassigned_in_8},   {0xa8ff, 0xa8ff, unassigned},
      {0xa9bd, 0xa9bd, unassigned_in_8},   {0xab69, 0xab69, unassigned},
      {0x105c9, 0x107ba, unassigned},      {0x10d24, 0x10f89, unassigned},
      {0x11070, 0x11074, unassigned},      {0x110c2, 0x110cd, unassigned},
      {0x11145, 0x11146, unassigned},      {0x111c9, 0x111c9, punctuation},
      {0x111ce, 0x111cf, unassigned},      {0x1123e, 0x1123e, unassigned_in_8},
      {0x11241, 0x11241, unassigned},      {0x1133b, 0x1133b, unassigned},
      {0x11383, 0x113e2, unassigned},      {0x11438, 0x1145d, unassigned_in_8},
      {0x1145e, 0x1145e, unassigned},      {0x11660, 0x1166c, unassigned},
      {0x116b9, 0x116b9, unassigned},      {0x1171e, 0x1171e, nonspacing_mark},
      {0x1182c, 0x11be1, unassigned},      {0x11c30, 0x11cb6, unassigned_in_8},
      {0x11d31, 0x11fff, unassigned},      {0x12ff1, 0x1612f, unassigned},
      {0x16d68, 0x16f4f, unassigned},      {0x16f7f, 0x16f87, unassigned},
      {0x16fe2, 0x16ff1, unassigned},      {0x1ccd6, 0x1cf46, unassigned},
      {0x1e000, 0x1e02a, unassigned_in_8}, {0x1e030, 0x1e6f5, unassigned},
      {0x1e944, 0x1e95f, unassigned_in_8}, {0x1f16c, 0x1f16c, unassigned},
      {0x1fbf0, 0x1fbf9, unassigned},
  });
}();

/// The exception that holds `c`, or null.
[[nodiscard]] inline const UnicodeException* find_exception(char32_t c) noexcept {
  const auto found =
      std::lower_bound(unicode_exceptions.begin(), unicode_exceptions.end(), c,
                       [](const UnicodeException& range, char32_t value) { return range.last < value; });
  return found != unicode_exceptions.end() && found->first <= c ? &*found : nullptr;
}

struct CharacterRange {
  char32_t first, last;
};

/// Word characters since Unicode 15.1 or 16, which `tokenizers` has (the crate regex) and an older utf8proc
/// lacks.
inline constexpr CharacterRange newer_word_characters[] = {
    {0x897, 0x897},     {0x1c89, 0x1c8a},   {0xa7cb, 0xa7cd},   {0xa7da, 0xa7dc},   {0x105c0, 0x105f3},
    {0x10d40, 0x10d65}, {0x10d69, 0x10d6d}, {0x10d6f, 0x10d85}, {0x10ec2, 0x10ec4}, {0x10efc, 0x10efc},
    {0x11380, 0x11389}, {0x1138b, 0x1138b}, {0x1138e, 0x1138e}, {0x11390, 0x113b5}, {0x113b7, 0x113c0},
    {0x113c2, 0x113c2}, {0x113c5, 0x113c5}, {0x113c7, 0x113ca}, {0x113cc, 0x113d3}, {0x113e1, 0x113e2},
    {0x116d0, 0x116e3}, {0x11bc0, 0x11be0}, {0x11bf0, 0x11bf9}, {0x11f5a, 0x11f5a}, {0x13460, 0x143fa},
    {0x16100, 0x16139}, {0x16d40, 0x16d6c}, {0x16d70, 0x16d79}, {0x18cff, 0x18cff}, {0x1ccf0, 0x1ccf9},
    {0x1e5d0, 0x1e5fa}, {0x2ebf0, 0x2ee5d},
};

/// Characters with a lower case since Unicode 16 or 17, which `tokenizers` has (Rust's tables) and an older
/// utf8proc lacks: c + distance.
struct LowerCaseException {
  char32_t first, last;
  std::int32_t distance;
};

inline constexpr LowerCaseException lower_case_exceptions[] = {
    {0x1c89, 0x1c89, 1},      {0xa7cb, 0xa7cb, 0x264 - 0xa7cb},
    {0xa7cc, 0xa7cc, 1},      {0xa7ce, 0xa7ce, 1},
    {0xa7d2, 0xa7d2, 1},      {0xa7d4, 0xa7d4, 1},
    {0xa7da, 0xa7da, 1},      {0xa7dc, 0xa7dc, 0x19b - 0xa7dc},
    {0x10d50, 0x10d65, 0x20}, {0x16ea0, 0x16eb8, 0x1b},
};

}  // namespace saccade::text
