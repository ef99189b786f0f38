#include "tools/pseudo_terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace saccade::test {

PseudoTerminal::PseudoTerminal() : reader_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  const bool usable = reader_ >= 0 && ::grantpt(reader_) == 0 && ::unlockpt(reader_) == 0;
  const char* const name = usable ? ::ptsname(reader_) : nullptr;
  if (name == nullptr) throw std::runtime_error("cannot make a pseudo-terminal");
  path_ = name;
}

PseudoTerminal::~PseudoTerminal() {
  ::close(reader_);
}

std::string PseudoTerminal::read_until_closed() const {
  std::string text;
  std::array<char, 4096> part = {};
  // Where nobody writes any more, reading fails: it is no file with an end.
  for (ssize_t count = 0; (count = ::read(reader_, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  return text;
}

}  // namespace saccade::test
