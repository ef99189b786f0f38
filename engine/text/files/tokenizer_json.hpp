#pragma once

#include <filesystem>

#include "text/files/tokenizer_config.hpp"
#include "text/tokenize/tokenizer_parts.hpp"

namespace saccade::text {

/// Reads tokenizer.json, in which Hugging Face's `tokenizers` keeps a whole tokenizer.
[[nodiscard]] TokenizerParts read_tokenizer_json(const std::filesystem::path& path,
                                                 const TokenizerConfig& config);

}  // namespace saccade::text
