#include "text/subword/word_piece.hpp"

#include <algorithm>

namespace saccade::text {
namespace {

std::vector<Trie::Entry> entries_of(const Vocabulary& vocabulary) {
  std::vector<Trie::Entry> entries;
  entries.reserve(static_cast<std::size_t>(vocabulary.size()));
  vocabulary.each([&](std::string_view token, std::int32_t id) { entries.push_back({token, id}); });
  return entries;
}

}  // namespace

WordPiece::WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options)
    : trie_(entries_of(vocabulary)),
      continuation_(trie_.walk(Trie::root, options.continuation)),
      unknown_(options.unknown),
      longest_word_(options.longest_word) {}

void WordPiece::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  const std::size_t first = ids.size();
  if (!is_too_long(word) && append_tokens(word, ids)) return;
  ids.resize(first);
  ids.push_back(unknown_);
}

bool WordPiece::is_too_long(std::string_view word) const noexcept {
  if (static_cast<std::int64_t>(word.size()) <= longest_word_) return false;
  const auto characters = std::count_if(
      word.begin(), word.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return characters > longest_word_;
}

bool WordPiece::append_tokens(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::optional<Trie::Node> begin = Trie::root;
  while (!word.empty()) {
    const Trie::Match token = begin ? trie_.longest(*begin, word) : Trie::Match{};
    if (token.bytes == 0) return false;
    ids.push_back(token.value);
    word.remove_prefix(token.bytes);
    begin = continuation_;
  }
  return true;
}

}  // namespace saccade::text
