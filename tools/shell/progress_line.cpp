#include "shell/progress_line.hpp"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "shell/figures.hpp"
#include "shell/notes.hpp"

namespace saccade::command {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

double share_of(double done, double all) {
  return all > 0 ? done / all : 1;
}

ProgressMode mode_called(const std::string& name) {
  if (name == "auto") return ProgressMode::automatic;
  if (name == "never") return ProgressMode::never;
  if (name == "always") return ProgressMode::always;
  throw CLI::ValidationError("--progress", "there is no '" + name + "'; expected auto, never or always");
}

}  // namespace

void add_progress_option(CLI::App& subcommand, ProgressMode& mode) {
  subcommand
      .add_option_function<std::string>(
          "--progress", [&mode](const std::string& name) { mode = mode_called(name); },
          "progress on stderr: auto (the default: where that is a terminal), never or always")
      ->type_name("WHEN");
}

ProgressLine::ProgressLine(ProgressMode mode, std::string label)
    : label_(std::move(label)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      wanted_(mode == ProgressMode::always || (mode == ProgressMode::automatic && terminal_ && !is_quiet())) {
}

ProgressLine::~ProgressLine() {
  erase();
}

void ProgressLine::erase() {
  if (shown_ && terminal_) std::cerr << erase_line << std::flush;
  shown_ = false;
}

void ProgressLine::show(const Progress& progress) {
  show(State{share_of(static_cast<double>(progress.tokens_done), static_cast<double>(progress.tokens)),
             with_commas(progress.sequences_done) + " of " + with_commas(progress.sequences) + " sequences",
             progress.tokens_done});
}

void ProgressLine::show(const EmbedProgress& progress) {
  State state = {std::nullopt, count_of(progress.texts_done, "text"), progress.tokens_done};
  if (progress.texts > 0) {
    state.share = share_of(static_cast<double>(progress.texts_done), static_cast<double>(progress.texts));
    state.count = with_commas(progress.texts_done) + " of " + count_of(progress.texts, "text");
  } else if (progress.bytes > 0) {
    state.share = share_of(static_cast<double>(progress.bytes_done), static_cast<double>(progress.bytes));
  }
  show(state);
}

std::string ProgressLine::text_of(const State& state, double seconds) const {
  std::string text = state.share ? fixed(100 * *state.share, 0) + " %, " : "";
  text += state.count;
  const std::int64_t tokens = state.tokens - first_->tokens;
  if (tokens == 0 || seconds <= 0) return text;
  text += ", " + with_commas(static_cast<std::int64_t>(static_cast<double>(tokens) / seconds)) + " tokens/s";
  if (!state.share) return text;
  const double done = *state.share - first_->share.value_or(0);
  return done > 0 ? text + ", " + fixed(seconds / done * (1 - *state.share), 0) + " s left" : text;
}

void ProgressLine::show(const State& state) {
  const Clock::time_point now = Clock::now();
  if (!wanted_) return;
  if (!first_) first_ = state;
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000));
  const std::string text =
      label_ + ": " + text_of(state, std::chrono::duration<double>(now - begin_).count());
  std::cerr << (terminal_ ? erase_line + text : text + "\n") << std::flush;
  shown_ = true;
}

}  // namespace saccade::command
