#include "text/post/template.hpp"

#include <algorithm>
#include <utility>

namespace saccade::text {

Template::Template(std::vector<TemplatePiece> pieces) : pieces_(std::move(pieces)) {
  for (const TemplatePiece& piece : pieces_) special_count_ += static_cast<std::int64_t>(piece.ids.size());
}

void Template::append(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                      bool special_tokens, std::vector<std::int32_t>& ids,
                      std::vector<std::int32_t>& types) const {
  for (const TemplatePiece& piece : pieces_) {
    std::span<const std::int32_t> part = piece.kind == TemplatePiece::Kind::first ? first : second;
    if (piece.kind == TemplatePiece::Kind::special) {
      if (!special_tokens) continue;
      part = piece.ids;
    }
    ids.insert(ids.end(), part.begin(), part.end());
    types.insert(types.end(), part.size(), piece.type);
  }
}

PairLengths truncated(PairLengths lengths, std::int64_t max) noexcept {
  if (lengths.first + lengths.second <= max) return lengths;
  const bool first_is_longer = lengths.first > lengths.second;
  std::int64_t shorter = std::min(lengths.first, lengths.second), longer = std::max(shorter, max - shorter);
  if (shorter + longer > max) {
    shorter = max / 2;
    longer = max - shorter;
  }
  return first_is_longer ? PairLengths{longer, shorter} : PairLengths{shorter, longer};
}

}  // namespace saccade::text
