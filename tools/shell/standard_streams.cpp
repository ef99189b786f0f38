#include "shell/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace saccade::command {
namespace {

/// Opens a file for the lowest free descriptor; without /dev a folder, which can be neither read nor written.
int open_null(int access) noexcept {
  const int file = ::open("/dev/null", access);
  return file >= 0 ? file : ::open("/", O_RDONLY | O_DIRECTORY);
}

}  // namespace

void open_standard_streams() noexcept {
  constexpr std::array<std::pair<int, int>, 3> streams = {
      {{STDIN_FILENO, O_WRONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}}};
  for (const auto& [number, access] : streams) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open_null(access) != number) std::_Exit(1);  // no message can be written
  }
}

}  // namespace saccade::command
