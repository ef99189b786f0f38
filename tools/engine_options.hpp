#pragma once

#include <CLI/CLI.hpp>

#include "saccade/engine.hpp"

namespace saccade::command {

/// --threads and --isa.
void add_engine_options(CLI::App& subcommand, EngineOptions& options);

}  // namespace saccade::command
