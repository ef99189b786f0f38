#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "io/files/growing_file.hpp"
#include "pipeline/embed/embed_journal.hpp"
#include "pipeline/embed/embedding_layout.hpp"

namespace saccade::pipeline {

/// The output of a job, and its journal where it has one.
///
/// In the order in which things reach the disk: vectors, then the journal's line that counts them, and so on;
/// the header and what stands behind the vectors; the journal's line that says "complete"; the output's name.
/// The journal goes last. Whatever comes between, what the journal says is true.
class EmbedOutput {
 public:
  /// `job`: what must be equal for two runs to be one job; none: no journal is kept. Where a journal tells of
  /// chunks, `resume` goes on behind them, and Error{invalid_argument} is thrown without it.
  EmbedOutput(std::filesystem::path path, const EmbeddingLayout& layout, const nlohmann::json* job,
              bool resume);

  /// Where an earlier run stopped; nothing where this one begins.
  [[nodiscard]] const std::optional<EmbedState>& resumed() const noexcept { return resumed_; }
  /// The output is there, whole.
  [[nodiscard]] bool complete() const noexcept { return resumed_ && resumed_->complete; }
  /// Texts that stay if the run ends here.
  [[nodiscard]] std::int64_t texts_kept() const noexcept;

  /// The vectors of a text, as the layout has them.
  void append(std::string_view vectors, std::int64_t tokens);
  /// Bytes so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return file_->size(); }
  /// What was appended up to this state stays, whatever happens. What came after it may be lost.
  void commit_chunk(const EmbedState& state);
  /// After the last chunk.
  void finish(EmbedState state);

 private:
  void open(const nlohmann::json& job, bool resume);
  void spare_unfinished() const;
  void finish_resumed();
  void write_offsets();

  std::filesystem::path path_;
  EmbeddingLayout layout_;
  std::optional<EmbedJournal> journal_;
  std::optional<EmbedState> resumed_;
  std::optional<io::GrowingFile> file_;
  /// Of each text, where the file has their offsets: eight bytes for what takes kilobytes there.
  std::vector<std::int64_t> lengths_;
  std::size_t lengths_kept_ = 0;  ///< what of them the journal has
};

}  // namespace saccade::pipeline
