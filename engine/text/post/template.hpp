#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace saccade::text {

/// A part of a model's input: a text, or special tokens.
struct TemplatePiece {
  enum class Kind : std::uint8_t { first, second, special };
  Kind kind = Kind::first;
  std::int32_t type = 0;
  std::vector<std::int32_t> ids = {};  ///< of special tokens
};

/// The sequence of texts and special tokens that a model takes, such as [CLS] first [SEP].
class Template {
 public:
  Template() = default;
  explicit Template(std::vector<TemplatePiece> pieces);

  /// The number of special tokens.
  [[nodiscard]] std::int64_t special_count() const noexcept { return special_count_; }

  /// Appends the texts' ids, with special tokens if `special_tokens` is set.
  void append(std::span<const std::int32_t> first, std::span<const std::int32_t> second, bool special_tokens,
              std::vector<std::int32_t>& ids, std::vector<std::int32_t>& types) const;

 private:
  std::vector<TemplatePiece> pieces_;
  std::int64_t special_count_ = 0;
};

/// The templates of one text and of a pair.
struct Templates {
  Template single, pair;
};

struct PairLengths {
  std::int64_t first, second;
};

/// The lengths of a pair after truncation to `max` tokens: the longer text loses tokens until both have the
/// same length, then both lose them (the strategy "longest first"; the longer text keeps one more where `max`
/// is odd).
[[nodiscard]] PairLengths truncated(PairLengths lengths, std::int64_t max) noexcept;

}  // namespace saccade::text
