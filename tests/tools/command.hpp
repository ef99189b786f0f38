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

/// What a command finds when it starts.
struct Surroundings {
  std::string input = {};                     ///< its standard input
  std::vector<std::string> environment = {};  ///< "NAME=value", beside this process's own
  std::string output = {};                    ///< path of its standard output; empty: see Finished::out
  std::vector<int> closed = {};               ///< descriptors of standard streams that are not open
};

/// The command `saccade`, started as a user starts it.
class RunningCommand {
 public:
  explicit RunningCommand(const Arguments& arguments, const Surroundings& surroundings = {});
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

Finished run_command(const Arguments& arguments, const Surroundings& surroundings = {});

}  // namespace saccade::test
