#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace saccade::command {

/// The names of the tokens of a sequence.
struct TokenNames {
  std::string text;  ///< the sentence that they come from; may be empty
  std::vector<std::string> tokens;
};

/// Reads a JSON array of {"text": "...", "tokens": ["...", ...]}. Names are made fit for a terminal: control
/// characters become '?'. Throws Error naming the file and the element.
[[nodiscard]] std::vector<TokenNames> read_token_names(const std::filesystem::path& path);

}  // namespace saccade::command
