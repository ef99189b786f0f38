#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "text/split/character_splitter.hpp"

namespace saccade::text {

/// A stage that splits normalized text into pieces, in the end words. Each has each_piece(text, piece), which
/// calls piece(std::string_view) for each piece in order as long as that returns true, and returns whether
/// all did.
using Splitter = std::variant<CharacterSplitter>;

/// Calls piece(std::string_view) for the pieces that are left after all stages: each splits what the one
/// before made. One piece goes through all of them before the next, so that a caller can stop early.
template <typename Piece>
bool each_piece(std::span<const Splitter> splitters, std::string_view text, const Piece& piece) {
  if (splitters.empty()) return piece(text);
  const auto rest = [&](std::string_view part) { return each_piece(splitters.subspan(1), part, piece); };
  return std::visit(
      [&](const auto& stage) {
        const bool is_last = splitters.size() == 1;  // spares a call for each word
        return is_last ? stage.each_piece(text, piece) : stage.each_piece(text, rest);
      },
      splitters.front());
}

}  // namespace saccade::text
