#include "progress_line.hpp"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "figures.hpp"

namespace saccade::command {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

std::string text_of(const Progress& progress, double seconds) {
  const auto done = static_cast<double>(progress.tokens_done);
  const double share = progress.tokens > 0 ? done / static_cast<double>(progress.tokens) : 1;
  std::string text = fixed(100 * share, 0) + " %, " + with_commas(progress.sequences_done) + " of " +
                     with_commas(progress.sequences) + " sequences";
  if (progress.tokens_done == 0 || seconds <= 0) return text;
  return text + ", " + with_commas(static_cast<std::int64_t>(done / seconds)) + " tokens/s, " +
         fixed(seconds / share * (1 - share), 0) + " s left";
}

}  // namespace

ProgressLine::ProgressLine(ProgressMode mode, std::string label)
    : label_(std::move(label)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      wanted_(mode == ProgressMode::always || (mode == ProgressMode::automatic && terminal_)) {}

ProgressLine::~ProgressLine() {
  if (shown_ && terminal_) std::cerr << erase_line << std::flush;
}

void ProgressLine::show(const Progress& progress) {
  const Clock::time_point now = Clock::now();
  if (!wanted_ || now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000));
  const std::string text =
      label_ + ": " + text_of(progress, std::chrono::duration<double>(now - begin_).count());
  std::cerr << (terminal_ ? erase_line + text : text + "\n") << std::flush;
  shown_ = true;
}

}  // namespace saccade::command
