#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace saccade::command {

/// -q, --quiet: no notes and, unless --progress always asks for it, no progress.
void add_quiet_option(CLI::App& subcommand);

[[nodiscard]] bool is_quiet() noexcept;

/// Prints a line on stderr that is neither a warning nor an error, such as a summary, unless --quiet is
/// given.
void note(const std::string& line);

/// Prints "saccade: warning: ..." on stderr.
void warn(const std::string& what);

}  // namespace saccade::command
