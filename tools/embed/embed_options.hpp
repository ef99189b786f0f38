#pragma once

#include <filesystem>
#include <vector>

#include <CLI/CLI.hpp>

#include "saccade/saccade.hpp"
#include "shell/progress_line.hpp"
#include "shell/shard_option.hpp"

namespace saccade::command {

/// The command line of `saccade embed`.
struct EmbedCommandOptions {
  EngineOptions engine;
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output;
  EmbedFilesOptions embed;
  ShardOption shard;
  ProgressMode progress = ProgressMode::automatic;
};

void add_embed_options(CLI::App& embed, EmbedCommandOptions& options);

}  // namespace saccade::command
