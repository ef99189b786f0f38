#include "shell/stop_signals.hpp"

#include <signal.h>

#include <atomic>

namespace saccade::command {
namespace {

std::atomic<int> received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "set by a signal handler");

extern "C" void remember(int signal) {
  received = signal;
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;  // reads and writes go on: the run ends where it can clean up
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() noexcept {
  return received;
}

}  // namespace saccade::command
