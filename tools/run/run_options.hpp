#pragma once

#include <filesystem>
#include <vector>

#include <CLI/CLI.hpp>

#include "saccade/saccade.hpp"
#include "shell/progress_line.hpp"

namespace saccade::command {

/// The command line of `saccade run`.
struct RunOptions {
  EngineOptions engine;
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output;
  std::filesystem::path weights;
  SelfAttentionFile layer;
  BatchFileOptions batch;
  std::filesystem::path tokens;  ///< names to show the chosen rows with; empty: not wanted
  ProgressMode progress = ProgressMode::automatic;
};

void add_run_options(CLI::App& run, RunOptions& options);

/// Throws CLI::ValidationError for options that do not go together.
void check_together(const RunOptions& options);

}  // namespace saccade::command
