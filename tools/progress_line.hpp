#pragma once

#include <chrono>
#include <string>

#include "saccade/pipeline.hpp"

namespace saccade::command {

enum class ProgressMode { automatic, never, always };

/// How far a file has come, on stderr: one line that is written over where that is a terminal, and removed in
/// the end; elsewhere, if asked for, a line a second.
class ProgressLine {
 public:
  ProgressLine(ProgressMode mode, std::string label);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void show(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  std::string label_;
  bool terminal_;
  bool wanted_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
};

}  // namespace saccade::command
