#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/temporary_folder.hpp"

namespace saccade::test {

using Arguments = std::vector<std::string>;

struct Finished {
  int exit_code = -1;  ///< minus the signal's number where one ended the process
  std::string out;
  std::string err;
};

/// The command `saccade`, started as a user starts it.
class RunningCommand {
 public:
  explicit RunningCommand(const Arguments& arguments);
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand();

  void send(int signal) const;
  /// What it has written to stderr so far.
  [[nodiscard]] std::string err() const;
  Finished wait();

 private:
  TemporaryFolder streams_;
  pid_t process_ = -1;
};

Finished run_command(const Arguments& arguments);

}  // namespace saccade::test
