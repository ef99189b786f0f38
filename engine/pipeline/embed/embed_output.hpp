#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/growing_file.hpp"
#include "pipeline/embed/embed_journal.hpp"
#include "pipeline/embed/embedding_layout.hpp"

namespace saccade::pipeline {

/// The output of a job, and its journal unless the output is a stream.
///
/// Order of writes: vectors, then the journal's line that counts them, and so on; the header and what stands
/// behind the vectors; the journal's line "complete"; the rename of the output; the removal of the journal.
/// So the journal is true after a crash at any moment. Both files are locked from the beginning to the end,
/// so that one run at a time writes an output, with or without chunks in its journal.
class EmbedOutput {
 public:
  /// `job`: what must be equal for two runs to be one job; none: the job cannot be resumed, and the journal
  /// gets no chunks. Where a journal has chunks, `resume` continues behind them, and Error{invalid_argument}
  /// is thrown without it. Throws Error{file_not_usable} for files of these names that no run has left.
  EmbedOutput(std::filesystem::path path, const EmbeddingLayout& layout, const nlohmann::json* job,
              bool resume);

  /// The state in which an earlier run stopped; unset: the job begins here.
  [[nodiscard]] const std::optional<EmbedState>& resumed() const noexcept { return resumed_; }
  /// The output is complete and has its name.
  [[nodiscard]] bool complete() const noexcept { return resumed_ && resumed_->complete; }
  /// The number of texts that a resumed run finds done if this one ends now.
  [[nodiscard]] std::int64_t texts_kept() const noexcept;

  /// Appends the vectors of a text, as the layout has them.
  void append(std::string_view vectors, std::int64_t tokens);
  /// Bytes so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return file_.size(); }
  /// The CRC-32 of the bytes so far behind the header.
  [[nodiscard]] std::uint32_t crc() const noexcept { return file_.crc(); }
  /// Writes everything appended up to this state to the disk and records it in the journal. Later appends may
  /// be lost in a crash.
  void commit_chunk(const EmbedState& state);
  /// Call after the last chunk.
  void finish(EmbedState state);

 private:
  void open(const nlohmann::json* job, bool resume);
  void find_unfinished(const nlohmann::json* job, bool resume);
  void check_sizes() const;
  void finish_resumed();
  [[nodiscard]] std::string header(const EmbedState& state) const;
  void write_offsets();

  std::filesystem::path path_;
  EmbeddingLayout layout_;
  std::optional<EmbedJournal> journal_;  ///< nothing for streams
  io::GrowingFile file_;                 ///< opened before journal_, and removed before it
  bool has_chunks_ = false;              ///< the job can be resumed
  std::optional<EmbedState> resumed_;
  /// The number of tokens of each text, where the file has offsets: eight bytes beside kilobytes of vectors.
  std::vector<std::int64_t> lengths_;
  std::size_t lengths_kept_ = 0;  ///< how many of them the journal has
};

}  // namespace saccade::pipeline
