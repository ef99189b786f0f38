#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "saccade/embed_files.hpp"

namespace saccade::command {

/// A shard, and who asked for it.
struct ChosenShard {
  Shard shard;
  std::string variable = {};  ///< of the environment; empty: the command line, or nobody
};

/// --shard; unset where it is not given.
void add_shard_option(CLI::App& subcommand, std::optional<Shard>& shard);

/// What the command line says, else what the environment does: a Slurm array's task, or a process that MPI or
/// torchrun started. Throws Error{invalid_argument} naming a variable that is not a number.
[[nodiscard]] ChosenShard choose_shard(const std::optional<Shard>& asked);

}  // namespace saccade::command
