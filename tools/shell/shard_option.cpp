#include "shell/shard_option.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "saccade/error.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

/// Variables by which a launcher numbers its processes, or the tasks of an array: n of them, by `index` from
/// `first` in steps of `step`; null: from 0, in steps of 1.
struct LauncherVariables {
  const char* index;
  const char* count;
  const char* first;
  const char* step;
};

constexpr std::array<LauncherVariables, 5> launchers = {{
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr, nullptr},
    {"PMI_RANK", "PMI_SIZE", nullptr, nullptr},
    {"RANK", "WORLD_SIZE", nullptr, nullptr},
    {"SLURM_PROCID", "SLURM_NTASKS", nullptr, nullptr},
}};

/// Nothing where the variable is not set or empty.
std::optional<std::int64_t> number_of(const char* variable) {
  const char* const text = variable == nullptr ? nullptr : std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  if (const auto number = whole_number_in(text); number && *number >= 0) return number;
  throw Error(ErrorCode::invalid_argument, "--shard auto: $" + std::string(variable) + " is '" + text +
                                               "'; expected a whole number of at least 0");
}

ShardOption shard_called(const std::string& text) {
  if (text == "auto") return {.shard = {}, .automatic = true};
  if (text == "none") return {};
  const std::size_t slash = text.find('/');
  const auto index = whole_number_in(text.substr(0, slash));
  const auto count = slash == text.npos ? std::nullopt : whole_number_in(text.substr(slash + 1));
  if (index && count && *index >= 0 && *index < *count) return {.shard = {*index, *count}};
  throw CLI::ValidationError("--shard",
                             "'" + text + "' is no shard; expected i/n, such as 0/4 to 3/4, or auto");
}

/// The shard that a launcher's variables name; nothing where they are not set.
std::optional<ChosenShard> shard_of(const LauncherVariables& launcher) {
  const auto index = number_of(launcher.index), count = number_of(launcher.count);
  if (!index || !count) return std::nullopt;
  const std::int64_t first = number_of(launcher.first).value_or(0),
                     step = std::max<std::int64_t>(number_of(launcher.step).value_or(1), 1);
  const Shard shard = {(*index - first) / step, *count};
  if (shard.index >= 0 && shard.index < shard.count && (*index - first) % step == 0)
    return ChosenShard{shard, launcher.index};
  throw Error(ErrorCode::invalid_argument,
              "--shard auto: $" + std::string(launcher.index) + " is " + std::to_string(*index) +
                  "; expected one of $" + launcher.count + " = " + std::to_string(*count) + " numbers from " +
                  std::to_string(first) + " on, in steps of " + std::to_string(step));
}

}  // namespace

void add_shard_option(CLI::App& subcommand, ShardOption& option) {
  subcommand
      .add_option_function<std::string>(
          "--shard", [&option](const std::string& text) { option = shard_called(text); },
          "only part I of N of the texts, counted from 0, to OUT.shard-I-of-N; saccade merge makes one of "
          "all. auto: the part that the variables of a Slurm array (SLURM_ARRAY_TASK_ID), Open MPI, MPICH "
          "(PMI_RANK), torchrun (RANK) or srun (SLURM_PROCID) say")
      ->type_name("I/N");
}

ChosenShard choose_shard(const ShardOption& option) {
  if (!option.automatic) return {option.shard};
  std::string names;
  for (const LauncherVariables& launcher : launchers) {
    if (auto chosen = shard_of(launcher)) return *std::move(chosen);
    names += (names.empty() ? "$" : ", $") + std::string(launcher.index) + " with $" + launcher.count;
  }
  throw Error(ErrorCode::invalid_argument, "--shard auto: expected one of " + names);
}

}  // namespace saccade::command
