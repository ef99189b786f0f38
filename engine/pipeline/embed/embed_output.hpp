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

  /// Where an earlier run stopped; nothing where this one begins.
  [[nodiscard]] const std::optional<EmbedState>& resumed() const noexcept { return resumed_; }
  /// The output is complete and has its name.
  [[nodiscard]] bool complete() const noexcept { return resumed_ && resumed_->complete; }
  /// Texts that stay if the run ends here.
  [[nodiscard]] std::int64_t texts_kept() const noexcept;

  /// Appends the vectors of a text, as the layout has them.
  void append(std::string_view vectors, std::int64_t tokens);
  /// Bytes so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return file_.size(); }
  /// The CRC-32 of the bytes so far behind the header.
  [[nodiscard]] std::uint32_t crc() const noexcept { return file_.crc(); }
  /// Makes what was appended up to this state last, whatever happens. What came after it may be lost.
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
  /// Of each text, where the file has their offsets: eight bytes for what takes kilobytes there.
  std::vector<std::int64_t> lengths_;
  std::size_t lengths_kept_ = 0;  ///< how many of them the journal has
};

}  // namespace saccade::pipeline
