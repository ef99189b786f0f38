#include "shell/notes.hpp"

#include <iostream>

#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

bool quiet = false;

}  // namespace

void add_quiet_option(CLI::App& subcommand) {
  subcommand.add_flag("-q,--quiet", quiet, "no summary and no progress on stderr; warnings and errors stay");
}

bool is_quiet() noexcept {
  return quiet;
}

void note(const std::string& line) {
  if (!quiet) std::cerr << printable(line) << '\n';
}

void warn(const std::string& what) {
  std::cerr << "saccade: warning: " << printable(what) << '\n';
}

}  // namespace saccade::command
