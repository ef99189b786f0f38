#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saccade::text {

/// An operation on all characters of a text.
enum class CharacterStep : std::uint8_t {
  clean,                 ///< removes NUL, U+FFFD and controls; whitespace becomes a space
  space_ideographs,      ///< adds a space before and after each
  decompose,             ///< to normal form D
  decompose_compatible,  ///< to normal form KD
  compose,               ///< from normal form D to C, or KD to KC
  strip_nonspacing_marks,
  strip_marks,
  lower_case,
};

/// Applies steps that work on characters: lower case, normal forms, accents. The result for a character that
/// does not depend on its neighbours is looked up in a table. Immutable, for any number of threads.
class CharacterNormalizer {
 public:
  /// Work memory of one thread.
  struct Scratch {
    std::vector<char32_t> characters, other;
  };

  explicit CharacterNormalizer(std::vector<CharacterStep> steps);

  /// Appends valid UTF-8, normalized, to `out`.
  void append(std::string_view text, Scratch& scratch, std::string& out) const;

 private:
  /// The UTF-8 that replaces a character, wherever it stands.
  struct Entry {
    std::array<char, 7> bytes{};
    std::uint8_t size = by_steps;
  };
  static constexpr std::uint8_t by_steps = 0xff;  ///< depends on its neighbours, or is too long for an entry

  [[nodiscard]] Entry entry_of(char32_t c, Scratch& scratch) const;
  void append_ascii(std::string_view text, std::string& out) const;
  void append_word(std::string_view word, Scratch& scratch, std::string& out) const;
  [[nodiscard]] bool append_by_table(std::string_view word, std::string& out) const;
  void append_by_steps(std::string_view word, Scratch& scratch, std::string& out) const;

  std::vector<CharacterStep> steps_;
  std::vector<Entry> table_;  ///< for each character below U+10000
};

}  // namespace saccade::text
