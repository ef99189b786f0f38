#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "saccade/run_files.hpp"
#include "shell/token_names.hpp"

namespace saccade::command {

/// Prints what selected tokens attend to, as text.
class AttentionView {
 public:
  /// `path`: see read_token_names(); one element for each sequence of the input.
  AttentionView(std::filesystem::path path, std::vector<std::int64_t> rows);

  /// Describes the rows of one sequence. Throws Error where the file has other tokens than the sequence.
  void add(const SequenceProbabilities& probabilities);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  [[nodiscard]] const TokenNames& names_of(const SequenceProbabilities& probabilities) const;

  std::filesystem::path path_;
  std::vector<std::int64_t> rows_;
  std::vector<TokenNames> names_;
  std::string text_;
};

}  // namespace saccade::command
