#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace saccade::text {

/// A place in what a model gets: a text, or special tokens.
struct TemplatePiece {
  enum class Kind : std::uint8_t { first, second, special };
  Kind kind = Kind::first;
  std::int32_t type = 0;
  std::vector<std::int32_t> ids = {};  ///< of special tokens
};

/// How a text, or a pair of texts, and special tokens are put together, such as [CLS] first [SEP].
class Template {
 public:
  Template() = default;
  explicit Template(std::vector<TemplatePiece> pieces);

  /// Special tokens in it.
  [[nodiscard]] std::int64_t special_count() const noexcept { return special_count_; }

  /// Appends the texts' ids, and special tokens where they are wanted.
  void append(std::span<const std::int32_t> first, std::span<const std::int32_t> second, bool special_tokens,
              std::vector<std::int32_t>& ids, std::vector<std::int32_t>& types) const;

 private:
  std::vector<TemplatePiece> pieces_;
  std::int64_t special_count_ = 0;
};

/// The forms of one text and of a pair.
struct Templates {
  Template single, pair;
};

struct PairLengths {
  std::int64_t first, second;
};

/// What is left of a pair that may have `max` tokens: the longer text loses tokens until both are as long,
/// then both (the strategy "longest first"; where one token is over, the longer has it).
[[nodiscard]] PairLengths truncated(PairLengths lengths, std::int64_t max) noexcept;

}  // namespace saccade::text
