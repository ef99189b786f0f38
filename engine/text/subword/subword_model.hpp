#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "text/subword/word_piece.hpp"

namespace saccade::text {

/// The stage that converts a word to ids. Each has append(word, ids).
using SubwordModel = std::variant<WordPiece>;

/// Appends the ids of a word: valid UTF-8, not empty.
inline void append_ids(const SubwordModel& model, std::string_view word, std::vector<std::int32_t>& ids) {
  std::visit([&](const auto& stage) { stage.append(word, ids); }, model);
}

}  // namespace saccade::text
