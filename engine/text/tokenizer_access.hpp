#pragma once

#include <filesystem>

#include "saccade/tokenizer.hpp"

namespace saccade {

/// What the library does with a Tokenizer and its users cannot.
struct TokenizerAccess {
  /// As Tokenizer::load(). `lower_case_first`: as in text::TokenizerConfig.
  [[nodiscard]] static Tokenizer load(const std::filesystem::path& directory, bool lower_case_first);
};

}  // namespace saccade
