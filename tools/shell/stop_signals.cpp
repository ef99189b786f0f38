#include "shell/stop_signals.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "saccade/unfinished_files.hpp"

namespace saccade::command {
namespace {

constexpr std::array stopping = {SIGINT, SIGTERM, SIGHUP};
constexpr std::array ending = {SIGQUIT, SIGPIPE, SIGXCPU};
/// A job that ends in good order has this long: somewhat less than the second after which it must have ended.
constexpr timespec patience = {0, 700'000'000};

std::atomic<int> received = 0;
std::atomic<bool> remembers = false;
std::array<std::atomic<const char*>, 4> paths = {};  // of RemovedIfStopped
timer_t timer = {};
bool has_timer = false;
bool has_terminal = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<const char*>::is_always_lock_free,
              "used by signal handlers");

// What follows runs in signal handlers: only async-signal-safe functions.

void remove_files() noexcept {
  remove_unfinished_files();
  for (const std::atomic<const char*>& slot : paths) {
    const char* const path = slot;
    if (path != nullptr && ::unlink(path) != 0) ::rmdir(path);
  }
}

void say(std::string_view text) noexcept {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string_view message_of(int signal) noexcept {
  if (signal == SIGINT) return "saccade: error: stopped by SIGINT\n";
  if (signal == SIGTERM) return "saccade: error: stopped by SIGTERM\n";
  return "saccade: error: stopped by SIGHUP\n";
}

[[noreturn]] void end(int signal) noexcept {
  remove_files();
  if (has_terminal) say("\r\x1b[K");  // a line of progress
  say(message_of(signal));
  ::_exit(128 + signal);
}

extern "C" void stop(int signal) {
  const int error = errno;
  int none = 0;
  if (!remembers || !has_timer || !received.compare_exchange_strong(none, signal)) end(signal);
  const itimerspec once = {{}, patience};
  ::timer_settime(timer, 0, &once, nullptr);
  errno = error;
}

extern "C" void lose_patience(int) {
  end(received);
}

/// Its handler is the default again when this one runs.
extern "C" void clean_up(int signal) {
  remove_files();
  ::raise(signal);
}

/// Unless the signal is ignored.
void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  ::sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_stop_signals() {
  has_terminal = ::isatty(STDERR_FILENO) == 1;
  ::signal(SIGXFSZ, SIG_IGN);
  // System calls go on after a signal that is remembered.
  for (const int signal : stopping) handle(signal, stop, SA_RESTART);
  for (const int signal : ending) handle(signal, clean_up, static_cast<int>(SA_RESETHAND | SA_NODEFER));
}

void remember_stop_signal() {
  ::signal(SIGALRM, lose_patience);
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  has_timer = ::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
  remembers = true;
}

int stop_signal() noexcept {
  return received;
}

RemovedIfStopped::RemovedIfStopped(const std::filesystem::path& path)
    : path_(std::filesystem::absolute(path).string()), slot_(0) {
  const char* none = nullptr;
  while (slot_ < paths.size() && !paths[slot_].compare_exchange_strong(none, path_.c_str())) {
    none = nullptr;
    ++slot_;
  }
}

RemovedIfStopped::~RemovedIfStopped() {
  if (slot_ < paths.size()) paths[slot_] = nullptr;
}

}  // namespace saccade::command
