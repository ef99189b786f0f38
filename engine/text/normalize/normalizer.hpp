#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "text/normalize/character_normalizer.hpp"

namespace saccade::text {

/// A stage that rewrites text. Each has append(text, scratch, out), which appends the rewritten text to
/// `out`; text is valid UTF-8 before and after.
using Normalizer = std::variant<CharacterNormalizer>;

/// Work memory of all kinds of normalizers, for one thread.
struct NormalizeScratch {
  CharacterNormalizer::Scratch characters;
  std::array<std::string, 2> texts;  ///< results of stages, in turns
};

/// Applies all stages, in order. The result is `text` itself, or in `scratch` and valid until the
/// next call.
[[nodiscard]] std::string_view normalize(std::span<const Normalizer> normalizers, std::string_view text,
                                         NormalizeScratch& scratch);

}  // namespace saccade::text
