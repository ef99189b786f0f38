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

/// How far a job has come: what is on the disk of its output, and what of its inputs that was made of.
struct EmbedState {
  EmbedFilesSummary done;
  io::LinePosition position;
  std::int64_t number = 0;  ///< of the text that comes next, among all of the inputs
  std::uint32_t crc = 0;    ///< of all bytes of the inputs before position
  std::uint64_t bytes = 0;  ///< of the output
  bool complete = false;    ///< the output lacks its name only
};

/// The journal of a job: a line that tells the job, a line for each chunk of the output that is on the disk,
/// and one when it is complete.
class EmbedJournal {
 public:
  /// OUTPUT.manifest
  [[nodiscard]] static std::filesystem::path path_of(const std::filesystem::path& output);

  /// Opens it, or makes it. Throws Error{file_format} naming the line where it is not a journal.
  explicit EmbedJournal(const std::filesystem::path& output);

  /// After the last chunk that it tells of; nothing where it tells of none.
  [[nodiscard]] const std::optional<EmbedState>& state() const noexcept { return state_; }
  /// Tokens of each text done, as append() was given them.
  [[nodiscard]] const std::vector<std::int64_t>& lengths() const noexcept { return lengths_; }
  /// Throws Error{invalid_argument} telling what differs where it tells of another job.
  void require_same(const nlohmann::json& job) const;

  /// Begins anew.
  void begin(const nlohmann::json& job);
  /// `lengths`: tokens of the texts that the last call did not know of, where they are needed.
  void append(const EmbedState& state, std::span<const std::int64_t> lengths);
  void keep() noexcept { journal_.keep(); }
  void remove() noexcept { journal_.remove(); }

 private:
  io::Journal journal_;
  nlohmann::json job_;
  std::optional<EmbedState> state_;
  std::vector<std::int64_t> lengths_;
};

}  // namespace saccade::pipeline
