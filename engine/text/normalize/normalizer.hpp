#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saccade::text {

/// What a normalizer does to all characters of a text, one step after the other.
enum class NormalizerStep : std::uint8_t {
  clean,                 ///< drop NUL, U+FFFD and controls; every whitespace becomes a space
  space_ideographs,      ///< a space before and after each
  decompose,             ///< to normal form D
  decompose_compatible,  ///< to normal form KD
  compose,               ///< from normal form D to C, or KD to KC
  strip_nonspacing_marks,
  strip_marks,
  lower_case,
};

/// Text as a model's vocabulary has it. Immutable, for any number of threads.
class Normalizer {
 public:
  /// Memory to work in, one for each thread.
  struct Scratch {
    std::vector<char32_t> characters, other;
  };

  explicit Normalizer(std::vector<NormalizerStep> steps);

  /// Appends valid UTF-8, normalized, to `out`.
  void append(std::string_view text, Scratch& scratch, std::string& out) const;

 private:
  /// What becomes of a character wherever it stands, as UTF-8.
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

  std::vector<NormalizerStep> steps_;
  std::vector<Entry> table_;  ///< of each character below U+10000
};

}  // namespace saccade::text
