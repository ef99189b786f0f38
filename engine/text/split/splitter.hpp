#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "text/split/character_splitter.hpp"

namespace saccade::text {

/// A stage that splits normalized text into pieces; those of the last stage are words. Each has
/// each_piece(text, piece), which calls piece(std::string_view) for each piece in order until that returns
/// false, and returns whether all returned true.
using Splitter = std::variant<CharacterSplitter>;

/// Applies all stages, each to the pieces of the one before, and calls piece(std::string_view) for the pieces
/// of the last. A piece goes through all stages before the next one, so that the caller can stop early.
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
