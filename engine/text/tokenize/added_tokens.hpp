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
  std::int32_t id = -1;      ///< -1: that of the vocabulary, or the next free one
  bool single_word = false;  ///< only where no word character stands before or after it
  bool strip_left = false;   ///< takes the whitespace before it along
  bool strip_right = false;  ///< and the whitespace after it
  bool normalized = false;   ///< found in normalized text, else in the text as it is
};

/// Finds tokens in a text: the leftmost first, of several there the longest. Immutable, for any number of
/// threads.
class AddedTokens {
 public:
  /// The contents, which are what is looked for, must be different and not empty.
  explicit AddedTokens(std::vector<AddedToken> tokens = {});

  /// Calls text(std::string_view) for what is no token and not empty, token(id) for each token, in turn, as
  /// long as they return true. Returns whether all of them did.
  template <typename Text, typename Token>
  bool split(std::string_view all, Text text, Token token) const;

 private:
  struct Found {
    const AddedToken* token;
    std::size_t begin, end;
  };
  /// The next at or after `from`.
  [[nodiscard]] std::optional<Found> find(std::string_view all, std::size_t from) const noexcept;
  [[nodiscard]] static bool stands_alone(std::string_view all, const Found& found) noexcept;

  std::vector<AddedToken> tokens_;
  Trie trie_;                          ///< values: indices of tokens_
  std::array<bool, 256> may_begin_{};  ///< bytes with which some token begins
};

/// Where the whitespace that `text` ends with begins.
[[nodiscard]] std::size_t begin_of_trailing_whitespace(std::string_view text) noexcept;
/// Bytes of whitespace that `text` begins with.
[[nodiscard]] std::size_t length_of_leading_whitespace(std::string_view text) noexcept;

template <typename Text, typename Token>
bool AddedTokens::split(std::string_view all, Text text, Token token) const {
  std::size_t done = 0, from = 0;
  while (const std::optional<Found> found = find(all, from)) {
    // Whitespace that a token takes along is still looked through for the next one.
    from = found->end;
    if (found->token->single_word && !stands_alone(all, *found)) continue;
    std::size_t begin = found->begin, end = found->end;
    if (found->token->strip_left) begin = std::max(begin_of_trailing_whitespace(all.substr(0, begin)), done);
    if (found->token->strip_right) end += length_of_leading_whitespace(all.substr(end));
    if (done < begin && !text(all.substr(done, begin - done))) return false;
    // Nothing is left of a token of whitespace that the one before took along.
    if (begin < end && !token(found->token->id)) return false;
    done = end;
  }
  return done == all.size() || text(all.substr(done));
}

}  // namespace saccade::text
