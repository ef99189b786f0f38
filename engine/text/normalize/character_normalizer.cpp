#include "text/normalize/character_normalizer.hpp"

#include <algorithm>
#include <utility>

#include "text/unicode/normal_form.hpp"
#include "text/unicode/unicode.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::text {
namespace {

bool is_dropped(char32_t c) noexcept {
  return c == 0 || c == 0xfffd || is_control(c);
}

void clean(std::vector<char32_t>& text) {
  std::erase_if(text, is_dropped);
  std::replace_if(text.begin(), text.end(), is_whitespace, U' ');
}

void append_with_spaces(char32_t c, std::vector<char32_t>& out) {
  if (!is_ideograph(c)) return out.push_back(c);
  out.insert(out.end(), {U' ', c, U' '});
}

/// Replaces each character by those that append(character, out) appends.
template <typename Append>
void each_character(CharacterNormalizer::Scratch& scratch, Append append) {
  scratch.other.clear();
  for (const char32_t c : scratch.characters) append(c, scratch.other);
  std::swap(scratch.characters, scratch.other);
}

void decompose(CharacterNormalizer::Scratch& scratch, bool compatible) {
  scratch.other.clear();
  append_decomposed(scratch.characters, compatible, scratch.other);
  std::swap(scratch.characters, scratch.other);
}

void apply(CharacterStep step, CharacterNormalizer::Scratch& scratch) {
  switch (step) {
    case CharacterStep::clean:
      return clean(scratch.characters);
    case CharacterStep::space_ideographs:
      return each_character(scratch, append_with_spaces);
    case CharacterStep::decompose:
      return decompose(scratch, false);
    case CharacterStep::decompose_compatible:
      return decompose(scratch, true);
    case CharacterStep::compose:
      return compose(scratch.characters);
    case CharacterStep::strip_nonspacing_marks:
      std::erase_if(scratch.characters, is_nonspacing_mark);
      return;
    case CharacterStep::strip_marks:
      std::erase_if(scratch.characters, is_mark);
      return;
    case CharacterStep::lower_case:
      return each_character(scratch, append_lower_case);
  }
}

/// Characters between which a text may be divided: no step combines or reorders across them.
constexpr std::string_view ascii_spaces = " \t\n\r";

}  // namespace

CharacterNormalizer::CharacterNormalizer(std::vector<CharacterStep> steps) : steps_(std::move(steps)) {
  constexpr char32_t size = 0x10000;
  Scratch scratch;
  std::vector<Entry> table;
  table.reserve(size);
  for (char32_t c = 0; c < size; ++c) table.push_back(entry_of(c, scratch));
  table_ = std::move(table);
}

CharacterNormalizer::Entry CharacterNormalizer::entry_of(char32_t c, Scratch& scratch) const {
  const bool composes = std::find(steps_.begin(), steps_.end(), CharacterStep::compose) != steps_.end();
  if (c >= 0x80 && composes) return {};
  std::vector<char32_t>& characters = scratch.characters;
  characters.assign(1, c);
  for (const CharacterStep step : steps_) {
    apply(step, scratch);
    // A mark at the beginning may be reordered with marks of the character before.
    if (!characters.empty() && combining_class(characters.front()) != 0) return {};
  }
  std::string text;
  for (const char32_t character : characters) append_utf8(character, text);
  Entry entry;
  if (text.size() > entry.bytes.size()) return {};
  std::copy(text.begin(), text.end(), entry.bytes.begin());
  entry.size = static_cast<std::uint8_t>(text.size());
  return entry;
}

void CharacterNormalizer::append(std::string_view text, Scratch& scratch, std::string& out) const {
  while (!text.empty()) {
    std::size_t length = ascii_length(text);
    if (length < text.size())
      length = text.find_last_of(ascii_spaces, length) + 1;  // npos + 1 is 0: no space
    append_ascii(text.substr(0, length), out);
    text.remove_prefix(length);
    length = std::min(text.find_first_of(ascii_spaces), text.size());
    append_word(text.substr(0, length), scratch, out);
    text.remove_prefix(length);
  }
}

/// `text` is whole words. An ASCII character becomes one ASCII character, or nothing.
void CharacterNormalizer::append_ascii(std::string_view text, std::string& out) const {
  std::size_t size = out.size();
  out.resize(size + text.size());
  for (const char c : text) {
    const Entry& entry = table_[static_cast<unsigned char>(c)];
    out[size] = entry.bytes[0];
    size += entry.size;
  }
  out.resize(size);
}

void CharacterNormalizer::append_word(std::string_view word, Scratch& scratch, std::string& out) const {
  const std::size_t size = out.size();
  if (append_by_table(word, out)) return;
  out.resize(size);
  append_by_steps(word, scratch, out);
}

bool CharacterNormalizer::append_by_table(std::string_view word, std::string& out) const {
  while (!word.empty()) {
    const Decoded decoded = decode(word);
    if (decoded.character >= table_.size()) return false;
    const Entry& entry = table_[decoded.character];
    if (entry.size == by_steps) return false;
    out.append(entry.bytes.data(), entry.size);
    word.remove_prefix(decoded.bytes);
  }
  return true;
}

void CharacterNormalizer::append_by_steps(std::string_view word, Scratch& scratch, std::string& out) const {
  scratch.characters.clear();
  while (!word.empty()) {
    const Decoded decoded = decode(word);
    scratch.characters.push_back(decoded.character);
    word.remove_prefix(decoded.bytes);
  }
  for (const CharacterStep step : steps_) apply(step, scratch);
  for (const char32_t c : scratch.characters) append_utf8(c, out);
}

}  // namespace saccade::text
