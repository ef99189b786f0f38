#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "saccade/embed_files.hpp"

namespace saccade::command {

/// The value of --shard.
struct ShardOption {
  Shard shard = {};
  bool automatic = false;  ///< as the variables say that Slurm, MPI or torchrun sets
};

/// A shard, and the variable of the environment that says so; empty: the command line does.
struct ChosenShard {
  Shard shard;
  std::string variable = {};
};

/// --shard
void add_shard_option(CLI::App& subcommand, ShardOption& option);

/// Reads variables of the environment only where --shard auto asks for that. Throws Error{invalid_argument}
/// where none of them is set, or naming the one that is not a number.
[[nodiscard]] ChosenShard choose_shard(const ShardOption& option);

}  // namespace saccade::command
