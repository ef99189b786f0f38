#pragma once

#include <filesystem>

#include "text/files/tokenizer_config.hpp"
#include "text/tokenize/tokenizer_parts.hpp"

namespace saccade::text {

/// Reads tokenizer.json, the complete description of a tokenizer by Hugging Face's library `tokenizers`.
[[nodiscard]] TokenizerParts read_tokenizer_json(const std::filesystem::path& path,
                                                 const TokenizerConfig& config);

}  // namespace saccade::text
