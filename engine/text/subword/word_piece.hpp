#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/subword/trie.hpp"
#include "text/subword/vocabulary.hpp"

namespace saccade::text {

struct WordPieceOptions {
  std::int32_t unknown = 0;              ///< id of a word that cannot be made of tokens
  std::string_view continuation = "##";  ///< the prefix of tokens that do not begin a word
  std::int64_t longest_word = 100;       ///< in characters; longer ones are unknown
};

/// WordPiece (Devlin et al. 2019, arXiv:1810.04805): the longest token that the
/// word begins with, then the longest continuing one, and so on. The time is proportional to the word's bytes
/// times its longest token's. Immutable, for any number of threads.
class WordPiece {
 public:
  WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options);

  /// Appends the ids of a word: valid UTF-8, not empty.
  void append(std::string_view word, std::vector<std::int32_t>& ids) const;

 private:
  [[nodiscard]] bool is_too_long(std::string_view word) const noexcept;
  /// Returns false where no token matches the rest of the word.
  bool append_tokens(std::string_view word, std::vector<std::int32_t>& ids) const;

  Trie trie_;
  std::optional<Trie::Node> continuation_;  ///< the node after `continuation`, if tokens begin with it
  std::int32_t unknown_;
  std::int64_t longest_word_;
};

}  // namespace saccade::text
