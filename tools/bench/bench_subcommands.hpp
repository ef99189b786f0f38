#pragma once

#include "subcommands.hpp"

namespace saccade::command {

/// Adds the subcommands of `saccade bench`.
void add_bench_attention(CLI::App& bench, Action& action);
void add_bench_layer(CLI::App& bench, Action& action);
void add_bench_encoder(CLI::App& bench, Action& action);

}  // namespace saccade::command
