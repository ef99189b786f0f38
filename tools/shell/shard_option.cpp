#include "shell/shard_option.hpp"

#include <array>
#include <cstdlib>

#include "saccade/error.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

/// Variables that tell a process which of how many it is.
struct ShardVariables {
  const char* index;
  const char* count;
  const char* first;  ///< what the first index is; null: 0
};

constexpr std::array<ShardVariables, 3> known_variables = {{
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr},
    {"RANK", "WORLD_SIZE", nullptr},
}};

std::optional<std::int64_t> number_of(const char* variable) {
  const char* text = variable == nullptr ? nullptr : std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  if (const auto number = whole_number_in(text); number && *number >= 0) return number;
  throw Error(ErrorCode::invalid_argument, "$" + std::string(variable) + " is '" + text +
                                               "'; expected a whole number of at least 0, or --shard none");
}

Shard shard_called(const std::string& text) {
  if (text == "none") return {};
  const std::size_t slash = text.find('/');
  const auto index = whole_number_in(text.substr(0, slash));
  const auto count = slash == text.npos ? std::nullopt : whole_number_in(text.substr(slash + 1));
  if (index && count && *index >= 0 && *index < *count) return {*index, *count};
  throw CLI::ValidationError("--shard",
                             "'" + text + "' is no shard; expected i/n, such as 0/4 to 3/4, or none");
}

}  // namespace

void add_shard_option(CLI::App& subcommand, std::optional<Shard>& shard) {
  subcommand
      .add_option_function<std::string>(
          "--shard", [&shard](const std::string& text) { shard = shard_called(text); },
          "only part I of N of the texts, counted from 0, to OUT.shard-I-of-N; saccade merge makes one of "
          "all. "
          "Default: as SLURM_ARRAY_TASK_ID and _COUNT, OMPI_COMM_WORLD_RANK and _SIZE, or RANK and "
          "WORLD_SIZE "
          "say, if they are set; none: all texts, whatever they say")
      ->type_name("I/N");
}

ChosenShard choose_shard(const std::optional<Shard>& asked) {
  if (asked) return {*asked};
  for (const ShardVariables& variables : known_variables) {
    const auto index = number_of(variables.index), count = number_of(variables.count);
    if (!index || !count || *count <= 1) continue;
    const Shard shard = {*index - number_of(variables.first).value_or(0), *count};
    if (shard.index >= 0 && shard.index < shard.count) return {shard, variables.index};
    throw Error(ErrorCode::invalid_argument,
                "$" + std::string(variables.index) + " is shard " + std::to_string(shard.index) + " of the " +
                    std::to_string(shard.count) + " of $" + variables.count +
                    "; expected one from 0 to their number - 1, or --shard none");
  }
  return {};
}

}  // namespace saccade::command
