#pragma once

#include <filesystem>

#include "text/files/tokenizer_config.hpp"
#include "text/tokenize/tokenizer_parts.hpp"

namespace saccade::text {

/// Reads vocab.txt, the format in which BERT was published: one token on each line. Gives a WordPiece model
/// with BERT's normalizer, splitter and templates, as `transformers` makes it of that file and
/// tokenizer_config.json.
[[nodiscard]] TokenizerParts read_vocab_txt(const std::filesystem::path& path, const TokenizerConfig& config);

}  // namespace saccade::text
