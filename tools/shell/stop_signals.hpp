#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace saccade::command {

/// From here on SIGINT, SIGTERM and SIGHUP end the process with 128 + the signal's number at any moment,
/// whatever it waits for, and files that are not complete are removed before; likewise before SIGQUIT,
/// SIGPIPE and SIGXCPU end it as they do by default. A signal that was ignored stays ignored, as nohup and
/// shells in the background of a script want. A write beyond the limit of a file's size fails, instead of
/// raising SIGXFSZ. Called once.
void catch_stop_signals();

/// From here on the first of SIGINT, SIGTERM and SIGHUP is remembered, so that a long job can end in good
/// order and say how far it came. A second one, or most of a second, ends the process all the same.
void remember_stop_signal();

/// The signal that is remembered, or 0.
[[nodiscard]] int stop_signal() noexcept;

/// A file, or an empty folder, that is removed if a signal ends the process while this object exists.
class RemovedIfStopped {
 public:
  explicit RemovedIfStopped(const std::filesystem::path& path);
  RemovedIfStopped(const RemovedIfStopped&) = delete;
  RemovedIfStopped& operator=(const RemovedIfStopped&) = delete;
  ~RemovedIfStopped();

 private:
  std::string path_;
  std::size_t slot_;
};

}  // namespace saccade::command
