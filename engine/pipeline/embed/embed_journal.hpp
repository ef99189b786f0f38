#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "io/files/line_reader.hpp"
#include "io/json/journal.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// The progress of a job: the bytes of its output that are on the disk, and the position in its inputs that
/// they reach.
struct EmbedState {
  EmbedFilesSummary done;
  io::LinePosition position;
  std::int64_t number = 0;       ///< of the text that comes next, among all of the inputs
  std::uint32_t crc = 0;         ///< of all bytes of the inputs before position
  std::uint64_t bytes = 0;       ///< of the output
  std::uint32_t output_crc = 0;  ///< of the bytes of the output behind its header
  bool complete = false;         ///< the output lacks its name only
};

/// The journal of a job: a line that describes the job, a line for each chunk of the output that is on the
/// disk, and one when it is complete. It also marks OUTPUT.partial as a file of saccade embed: a job that
/// cannot be resumed has one too, without chunks.
class EmbedJournal {
 public:
  /// OUTPUT.manifest
  [[nodiscard]] static std::filesystem::path path_of(const std::filesystem::path& output);

  /// Opens it, or creates it. Throws Error{file_format} naming the file and the line where it is not a
  /// journal, Error{file_not_usable} where another run uses it.
  explicit EmbedJournal(const std::filesystem::path& output);

  /// It describes a job: OUTPUT.partial is what that left.
  [[nodiscard]] bool has_job() const noexcept { return job_.has_value(); }
  /// The state after the last chunk; nothing before the first.
  [[nodiscard]] const std::optional<EmbedState>& state() const noexcept { return state_; }
  /// The number of tokens of each text done, as given to append().
  [[nodiscard]] const std::vector<std::int64_t>& lengths() const noexcept { return lengths_; }
  /// Throws Error{invalid_argument} naming the difference where it describes another job.
  void require_same(const nlohmann::json& job) const;

  /// Starts the journal over with this job.
  void begin(const nlohmann::json& job);
  /// `lengths`: tokens of the texts since the last call, where they are needed.
  void append(const EmbedState& state, std::span<const std::int64_t> lengths);
  void keep() noexcept { journal_.keep(); }
  void remove() noexcept { journal_.remove(); }

 private:
  io::Journal journal_;
  std::optional<nlohmann::json> job_;
  std::optional<EmbedState> state_;
  std::vector<std::int64_t> lengths_;
};

}  // namespace saccade::pipeline
