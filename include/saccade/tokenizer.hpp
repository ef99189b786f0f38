#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// Options of Tokenizer: truncation and special tokens.
struct TokenizerOptions {
  /// The most tokens of a text or a pair, special tokens included. A longer one loses tokens at its end, a
  /// pair those of its longer text first. 0: no limit.
  std::int64_t max_length = 0;
  /// Add the model's special tokens, such as [CLS] and [SEP].
  bool special_tokens = true;
};

/// The tokens of a text or a pair.
struct Encoding {
  std::vector<std::int32_t> ids;    ///< [tokens], indices of the vocabulary
  std::vector<std::int32_t> types;  ///< [tokens], which text of a pair, as the model numbers them
  bool truncated = false;           ///< tokens were left out because of max_length
  std::int64_t replaced = 0;        ///< invalid UTF-8 sequences, each read as one U+FFFD
};

/// A ragged batch of token ids, to which texts are appended. Keeps its memory, and the tokenizer's work
/// memory, when cleared: filling it again with texts no longer than before allocates nothing. For one thread
/// at a time.
class SACCADE_API TokenBatch {
 public:
  /// An empty batch.
  TokenBatch();
  /// Moves the batch; the one moved from may only be assigned to or destroyed.
  TokenBatch(TokenBatch&&) noexcept;
  /// Moves the batch; the one moved from may only be assigned to or destroyed.
  TokenBatch& operator=(TokenBatch&&) noexcept;
  ~TokenBatch();

  /// [tokens], of all texts; valid until the batch changes.
  [[nodiscard]] std::span<const std::int32_t> ids() const noexcept;
  /// [tokens], of all texts; valid until the batch changes.
  [[nodiscard]] std::span<const std::int32_t> types() const noexcept;
  /// [texts + 1], the boundaries of the texts; valid until the batch changes.
  [[nodiscard]] Offsets offsets() const noexcept;
  /// Appends ids of another tokenizer as the next text. `types` has as many values as ids, or none, which
  /// means 0 for each. Throws Error{invalid_argument} for another number of types.
  void append(std::span<const std::int32_t> ids, std::span<const std::int32_t> types = {});
  /// Removes all texts.
  void clear() noexcept;

 private:
  friend class Tokenizer;
  struct State;
  std::unique_ptr<State> state_;
};

/// What Tokenizer reports of a text that it has appended to a batch.
struct Tokenized {
  std::int64_t tokens = 0;    ///< tokens of the text, special tokens included
  bool truncated = false;     ///< tokens were left out because of max_length
  std::int64_t replaced = 0;  ///< invalid UTF-8 sequences, each read as one U+FFFD
};

/// Ids of a model's special tokens; unset where the model has none.
struct SpecialTokens {
  std::optional<std::int32_t> cls;   ///< first token of a text
  std::optional<std::int32_t> sep;   ///< last token of each text
  std::optional<std::int32_t> pad;   ///< padding; never appears in a ragged batch
  std::optional<std::int32_t> mask;  ///< placeholder of masked language models
  std::optional<std::int32_t> unk;   ///< word that is not in the vocabulary
};

/// Splits text into tokens, with the ids that Hugging Face's library `tokenizers` gives: WordPiece (BERT,
/// DistilBERT, ELECTRA and many sentence encoders). Does not change after construction: several threads may
/// use one.
///
/// @code
/// const auto tokenizer = saccade::Tokenizer::load("all-MiniLM-L6-v2");
/// const saccade::Encoding one = tokenizer.tokenize("Call me Ishmael.", {.max_length = 256});
/// for (const std::int32_t id : one.ids) std::puts(std::string(tokenizer.token(id)).c_str());
/// saccade::TokenBatch batch;
/// for (const char* text : {"To be, or not to be", "that is the question"}) tokenizer.append(batch, text);
/// @endcode
class SACCADE_API Tokenizer {
 public:
  /// Reads a model's directory: tokenizer.json, or vocab.txt with those of tokenizer_config.json,
  /// special_tokens_map.json and added_tokens.json that exist. Truncation and padding in tokenizer.json are
  /// ignored in favour of TokenizerOptions. Throws Error naming the file: file_not_usable for what cannot be
  /// read, file_format for malformed contents, unsupported for a kind of tokenizer, normalizer, pre-tokenizer
  /// or post-processor that is not implemented.
  [[nodiscard]] static Tokenizer load(const std::filesystem::path& directory);

  /// Moves the tokenizer; the one moved from may only be assigned to or destroyed.
  Tokenizer(Tokenizer&&) noexcept;
  /// Moves the tokenizer; the one moved from may only be assigned to or destroyed.
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// The tokens of a text in UTF-8. Invalid sequences are read as U+FFFD, as Python's errors="replace" does.
  /// Throws Error{invalid_argument} where max_length is negative or too small for the special tokens.
  [[nodiscard]] Encoding tokenize(std::string_view text, const TokenizerOptions& options = {}) const;
  /// The tokens of a pair of texts, such as a question and a passage. Throws as tokenize() does.
  [[nodiscard]] Encoding tokenize_pair(std::string_view first, std::string_view second,
                                       const TokenizerOptions& options = {}) const;

  /// Appends what tokenize() gives to a batch as its next text. Throws as tokenize() does.
  Tokenized append(TokenBatch& batch, std::string_view text, const TokenizerOptions& options = {}) const;
  /// Appends what tokenize_pair() gives to a batch as its next text. Throws as tokenize() does.
  Tokenized append_pair(TokenBatch& batch, std::string_view first, std::string_view second,
                        const TokenizerOptions& options = {}) const;

  /// One more than the largest id, added tokens included. Ids may have gaps: then there are fewer tokens.
  [[nodiscard]] std::int64_t vocabulary_size() const noexcept;
  /// The token of an id as the vocabulary spells it; empty for an id from 0 to vocabulary_size() - 1 that no
  /// token has. Throws Error{invalid_argument} for an id out of range.
  [[nodiscard]] std::string_view token(std::int32_t id) const;
  /// The id of a token as the vocabulary spells it; nothing where it has no such token.
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const;
  /// Ids of the model's special tokens.
  [[nodiscard]] const SpecialTokens& special_tokens() const noexcept;
  /// The longest text that the model takes, in tokens, from tokenizer_config.json; 0 where that has none.
  [[nodiscard]] std::int64_t model_max_length() const noexcept;

 private:
  friend struct TokenizerAccess;
  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace saccade
