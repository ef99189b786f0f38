#pragma once

#include "subcommands.hpp"

namespace saccade::command {

/// `saccade help [SUBCOMMAND...]`: what `saccade SUBCOMMAND --help` prints.
void add_help(CLI::App& app, Action& action);

}  // namespace saccade::command
