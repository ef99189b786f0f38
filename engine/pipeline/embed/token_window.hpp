#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/tokenize_texts.hpp"
#include "pipeline/embed/text_source.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// A tokenized text of a window.
struct WindowText {
  std::size_t line = 0;  ///< of the window
  std::string id;        ///< JSON
  Tokenized tokenized;
};

/// The token ids of a window's texts, and messages about lines that are no texts.
struct TokenWindow : model::TextTokens {
  std::vector<WindowText> texts;
  std::vector<std::string> bad_lines;  ///< "FILE:LINE: what; expected what"
};

/// Parses and tokenizes lines on all threads. The result does not depend on their number. Throws the first
/// Error that is not one line's fault.
void tokenize_window(Engine& engine, const Encoder& encoder, const EmbedFilesOptions& options,
                     const TextSource& source, const TextWindow& window, TokenWindow& tokens);

}  // namespace saccade::pipeline
