#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/subword/trie.hpp"

namespace saccade::text {

/// A token that is found in the text itself, before the text is split into words.
struct AddedToken {
  std::string content;
  std::int32_t id = -1;      ///< -1: the vocabulary's id, or the next free id
  bool single_word = false;  ///< only where no word character stands before or after it
  bool strip_left = false;   ///< includes the whitespace before it
  bool strip_right = false;  ///< includes the whitespace after it
  bool normalized = false;   ///< found in normalized text, not in the original text
};

/// Finds tokens in a text: the leftmost one, and of several at one place the longest. Immutable, for any
/// number of threads.
class AddedTokens {
 public:
  /// Contents must differ and not be empty.
  explicit AddedTokens(std::vector<AddedToken> tokens = {});

  /// Calls token(id) for each token and text(std::string_view) for each text between tokens that is not
  /// empty, in order, until one returns false. Returns whether all returned true.
  template <typename Text, typename Token>
  bool split(std::string_view all, Text text, Token token) const;

 private:
  struct Found {
    const AddedToken* token;
    std::size_t begin, end;
  };
  /// The next token at or after `from`.
  [[nodiscard]] std::optional<Found> find(std::string_view all, std::size_t from) const noexcept;
  [[nodiscard]] static bool is_single_word(std::string_view all, const Found& found) noexcept;

  std::vector<AddedToken> tokens_;
  Trie trie_;                          ///< values: indices of tokens_
  std::array<bool, 256> may_begin_{};  ///< first bytes of tokens
};

/// The offset of the whitespace at the end of `text`.
[[nodiscard]] std::size_t begin_of_trailing_whitespace(std::string_view text) noexcept;
/// The number of bytes of whitespace at the beginning of `text`.
[[nodiscard]] std::size_t length_of_leading_whitespace(std::string_view text) noexcept;

template <typename Text, typename Token>
bool AddedTokens::split(std::string_view all, Text text, Token token) const {
  std::size_t done = 0, from = 0;
  while (const std::optional<Found> found = find(all, from)) {
    // The search continues in whitespace that the token includes.
    from = found->end;
    if (found->token->single_word && !is_single_word(all, *found)) continue;
    std::size_t begin = found->begin, end = found->end;
    if (found->token->strip_left) begin = std::max(begin_of_trailing_whitespace(all.substr(0, begin)), done);
    if (found->token->strip_right) end += length_of_leading_whitespace(all.substr(end));
    if (done < begin && !text(all.substr(done, begin - done))) return false;
    // A token of whitespace may be included in the token before: then it is dropped.
    if (begin < end && !token(found->token->id)) return false;
    done = end;
  }
  return done == all.size() || text(all.substr(done));
}

}  // namespace saccade::text
