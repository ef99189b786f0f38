#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "saccade/engine.hpp"

namespace saccade::command {

/// The instruction set of that name. Throws CLI::ValidationError, with those that are supported, where it
/// cannot run here.
[[nodiscard]] Isa isa_called(const std::string& name);

/// --threads, --isa and --accumulate.
void add_engine_options(CLI::App& subcommand, EngineOptions& options);

}  // namespace saccade::command
