#include "tools/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

extern "C" char** environ;

namespace saccade::test {
namespace {

/// Where a child's stdin comes from, and its stdout and stderr go; signals as for a new session, whoever runs
/// the tests.
class SpawnSettings {
 public:
  SpawnSettings(const std::string& in, const std::string& out, const std::string& err,
                const std::vector<int>& closed) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    ::posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
    for (const int number : closed) ::posix_spawn_file_actions_addclose(&files_, number);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaddset(&signals, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&files_);
  }

  pid_t spawn(const Arguments& arguments, const std::vector<std::string>& environment) const {
    const std::vector<char*> argv = pointers(arguments), variables = pointers(environment);
    pid_t process = -1;
    if (::posix_spawn(&process, argv[0], &files_, &attributes_, argv.data(), variables.data()) != 0)
      throw std::runtime_error("cannot start " + arguments[0]);
    return process;
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

RunningCommand::RunningCommand(const Arguments& arguments, const Surroundings& surroundings) {
  Arguments all = {SACCADE_COMMAND};
  all.insert(all.end(), arguments.begin(), arguments.end());
  // Of two values of a name the first counts.
  std::vector<std::string> environment = surroundings.environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  const std::string in = streams_.write("in", surroundings.input);
  const std::string out = surroundings.output.empty() ? (streams_ / "out").string() : surroundings.output;
  process_ = SpawnSettings(in, out, streams_ / "err", surroundings.closed).spawn(all, environment);
}

RunningCommand::~RunningCommand() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void RunningCommand::send(int signal) const {
  ::kill(process_, signal);
}

std::string RunningCommand::err() const {
  return read_bytes(streams_ / "err");
}

Finished RunningCommand::wait() {
  int status = 0;
  ::waitpid(std::exchange(process_, -1), &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_bytes(streams_ / "out"), err()};
}

Finished run_command(const Arguments& arguments, const Surroundings& surroundings) {
  return RunningCommand(arguments, surroundings).wait();
}

}  // namespace saccade::test
