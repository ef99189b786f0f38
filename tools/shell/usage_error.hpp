#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace saccade::command {

/// What is wrong with a command line that could not be parsed, and the command that shows the right usage:
/// two lines.
[[nodiscard]] std::string describe_usage_error(const CLI::App& app, const CLI::ParseError& error);

/// "there is no subcommand 'embd'; did you mean embed? Expected run, attend or info"
[[nodiscard]] std::string describe_unknown_subcommand(const CLI::App& app, const std::string& name);

}  // namespace saccade::command
