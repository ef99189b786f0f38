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

struct TokenizerOptions {
  /// The most tokens that a text, or a pair, may become, special tokens included; what is too long loses
  /// tokens at its end, a pair the longer text first. 0: no limit.
  std::int64_t max_length = 0;
  /// With the model's special tokens, such as [CLS] and [SEP].
  bool special_tokens = true;
};

/// A text, or a pair, as a model takes it.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types;  ///< of each id: which text of a pair, as the model numbers them
  bool truncated = false;           ///< tokens were left out for max_length
  std::int64_t replaced = 0;        ///< invalid parts of UTF-8, each read as one U+FFFD
};

/// Texts as ids, ragged, one after the other. Keeps its memory when cleared, and what a tokenizer works in:
/// filling it again with texts no longer than before allocates nothing. One thread at a time.
class SACCADE_API TokenBatch {
 public:
  TokenBatch();
  TokenBatch(TokenBatch&&) noexcept;
  TokenBatch& operator=(TokenBatch&&) noexcept;
  ~TokenBatch();

  [[nodiscard]] std::span<const std::int32_t> ids() const noexcept;    ///< [tokens]
  [[nodiscard]] std::span<const std::int32_t> types() const noexcept;  ///< [tokens]
  [[nodiscard]] Offsets offsets() const noexcept;                      ///< [texts + 1]
  /// Appends ids that somebody else's tokenizer made as the next text. Types: as many as ids, or none, which
  /// means 0 for each. Throws Error{invalid_argument} for another number of types.
  void append(std::span<const std::int32_t> ids, std::span<const std::int32_t> types = {});
  void clear() noexcept;

 private:
  friend class Tokenizer;
  struct State;
  std::unique_ptr<State> state_;
};

/// What became of a text in a batch.
struct Tokenized {
  std::int64_t tokens = 0;
  bool truncated = false;     ///< as Encoding
  std::int64_t replaced = 0;  ///< as Encoding
};

/// Ids of tokens that mean something to a model; unset where the model has none.
struct SpecialTokens {
  std::optional<std::int32_t> cls, sep, pad, mask, unk;
};

/// Makes tokens of text, id for id as Hugging Face's library `tokenizers` does: WordPiece (BERT, DistilBERT,
/// ELECTRA and many sentence encoders). Immutable: any number of threads may use one.
class SACCADE_API Tokenizer {
 public:
  /// Reads a model's directory: tokenizer.json, or vocab.txt with tokenizer_config.json,
  /// special_tokens_map.json and added_tokens.json as far as they are there. Truncation and padding in
  /// tokenizer.json are not used: options say what is wanted.
  /// Throws Error naming the file: file_not_usable for what cannot be read, file_format for what is wrong
  /// inside (ids that are not 0, 1, 2 and so on, among it), unsupported for a kind of tokenizer, normalizer,
  /// pre-tokenizer or post-processor that is not known here.
  [[nodiscard]] static Tokenizer load(const std::filesystem::path& directory);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Text is UTF-8; what is invalid is read as U+FFFD, as Python's errors="replace" does. Throws
  /// Error{invalid_argument} where max_length is negative or too small for the special tokens.
  [[nodiscard]] Encoding tokenize(std::string_view text, const TokenizerOptions& options = {}) const;
  [[nodiscard]] Encoding tokenize_pair(std::string_view first, std::string_view second,
                                       const TokenizerOptions& options = {}) const;

  /// The same, appended to a batch as its next text.
  Tokenized append(TokenBatch& batch, std::string_view text, const TokenizerOptions& options = {}) const;
  Tokenized append_pair(TokenBatch& batch, std::string_view first, std::string_view second,
                        const TokenizerOptions& options = {}) const;

  /// Tokens, added ones included: ids are 0 to vocabulary_size() - 1.
  [[nodiscard]] std::int64_t vocabulary_size() const noexcept;
  /// A token as the vocabulary has it, for people to read. Throws Error{invalid_argument} for other ids.
  [[nodiscard]] std::string_view token(std::int32_t id) const;
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const;
  [[nodiscard]] const SpecialTokens& special_tokens() const noexcept;
  /// The longest text that the model takes, in tokens, as tokenizer_config.json says; 0 where it does not.
  [[nodiscard]] std::int64_t model_max_length() const noexcept;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace saccade
