#include "text/unicode/normal_form.hpp"

#include <algorithm>
#include <optional>

#include "text/unicode/unicode.hpp"

namespace saccade::text {
namespace {

bool class_is_less(char32_t a, char32_t b) noexcept {
  return combining_class(a) < combining_class(b);
}

/// Sorts each run of characters that are not starters by class, and keeps the order of equal classes.
void order(std::vector<char32_t>& text, std::size_t first) {
  constexpr auto is_starter = [](char32_t c) { return combining_class(c) == 0; };
  auto begin = text.begin() + static_cast<std::ptrdiff_t>(first);
  while (true) {
    begin = std::find_if_not(begin, text.end(), is_starter);
    if (begin == text.end()) return;
    const auto end = std::find_if(begin, text.end(), is_starter);
    // Insertion sort for short runs, since std::stable_sort allocates; a hostile run may be as long as the
    // text.
    constexpr std::ptrdiff_t is_long = 32;
    if (end - begin > is_long) {
      std::stable_sort(begin, end, class_is_less);
    } else {
      for (auto i = begin; i != end; ++i)
        std::rotate(std::upper_bound(begin, i, *i, class_is_less), i, i + 1);
    }
    begin = end;
  }
}

}  // namespace

void append_decomposed(const std::vector<char32_t>& text, bool compatible, std::vector<char32_t>& out) {
  const std::size_t first = out.size();
  for (const char32_t c : text) append_decomposition(c, compatible, out);
  order(out, first);
}

void compose(std::vector<char32_t>& text) {
  std::size_t kept = 0;
  std::optional<std::size_t> starter;
  int last_class = -1;  // of the last character kept after the starter; -1: none
  for (const char32_t c : text) {
    const int c_class = combining_class(c);
    if (starter && last_class < c_class) {
      if (const std::optional<char32_t> composed = composite(text[*starter], c)) {
        text[*starter] = *composed;
        continue;
      }
    }
    if (c_class == 0) starter = kept;
    last_class = c_class == 0 ? -1 : c_class;
    text[kept++] = c;
  }
  text.resize(kept);
}

}  // namespace saccade::text
