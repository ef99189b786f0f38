#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace saccade::command {

/// The action of a subcommand; returns the exit code.
using Action = std::function<int()>;

/// Each adds its subcommand to `app`, which sets `action` when it is the one that was asked for.
void add_run(CLI::App& app, Action& action);
void add_attend(CLI::App& app, Action& action);
void add_embed(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_similar(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_map(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);

}  // namespace saccade::command
