#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "saccade/embed_files.hpp"
#include "saccade/run_files.hpp"

namespace saccade::command {

enum class ProgressMode { automatic, never, always };

/// --progress
void add_progress_option(CLI::App& subcommand, ProgressMode& mode);

/// How far a file has come, on stderr: one line that is written over where that is a terminal, and removed in
/// the end; elsewhere, if asked for, a line a second.
class ProgressLine {
 public:
  ProgressLine(ProgressMode mode, std::string label);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void show(const Progress& progress);
  void show(const EmbedProgress& progress);
  /// Removes the line from a terminal, so that something else can be printed there.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;

  /// The progress to show: the share of the work that is done, where it is known, and counts of it.
  struct State {
    std::optional<double> share;
    std::string count;
    std::int64_t tokens = 0;
  };

  void show(const State& state);
  [[nodiscard]] std::string text_of(const State& state, double seconds) const;

  std::string label_;
  bool terminal_;
  bool wanted_;
  bool shown_ = false;
  std::optional<State> first_;  ///< rates count from here: a resumed job begins with work done
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
};

}  // namespace saccade::command
