#include "text/tokenize/added_tokens.hpp"

#include <utility>

#include "text/unicode/unicode.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade::text {
namespace {

std::vector<Trie::Entry> entries_of(const std::vector<AddedToken>& tokens) {
  std::vector<Trie::Entry> entries;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    entries.push_back({tokens[i].content, static_cast<std::int32_t>(i)});
  return entries;
}

/// The offset of the last character of valid UTF-8 that is not empty.
std::size_t begin_of_last(std::string_view text) noexcept {
  std::size_t i = text.size() - 1;
  while ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) --i;
  return i;
}

}  // namespace

std::size_t begin_of_trailing_whitespace(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t last = begin_of_last(text);
    if (!is_whitespace(decode(text.substr(last)).character)) break;
    text = text.substr(0, last);
  }
  return text.size();
}

std::size_t length_of_leading_whitespace(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size()) {
    const Decoded decoded = decode(text.substr(length));
    if (!is_whitespace(decoded.character)) break;
    length += decoded.bytes;
  }
  return length;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), trie_(entries_of(tokens_)) {
  for (const AddedToken& token : tokens_)
    may_begin_[static_cast<unsigned char>(token.content.front())] = true;
}

std::optional<AddedTokens::Found> AddedTokens::find(std::string_view all, std::size_t from) const noexcept {
  for (std::size_t i = from; i < all.size(); ++i) {
    if (!may_begin_[static_cast<unsigned char>(all[i])]) continue;
    const Trie::Match match = trie_.longest(Trie::root, all.substr(i));
    if (match.bytes > 0) return Found{&tokens_[static_cast<std::size_t>(match.value)], i, i + match.bytes};
  }
  return std::nullopt;
}

bool AddedTokens::is_single_word(std::string_view all, const Found& found) noexcept {
  const auto is_word = [&](std::size_t i) { return is_word_character(decode(all.substr(i)).character); };
  if (found.begin > 0 && is_word(begin_of_last(all.substr(0, found.begin)))) return false;
  return found.end == all.size() || !is_word(found.end);
}

}  // namespace saccade::text
