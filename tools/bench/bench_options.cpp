#include "bench/bench_options.hpp"

#include <algorithm>
#include <limits>

#include "shell/engine_options.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

TableFormat format_called(const std::string& name) {
  if (name == "md") return TableFormat::md;
  if (name == "csv") return TableFormat::csv;
  if (name == "json") return TableFormat::json;
  if (name == "jsonl") return TableFormat::jsonl;
  throw CLI::ValidationError("--format", "there is no '" + name + "'; expected md, csv, json or jsonl");
}

}  // namespace

CLI::Option& add_numbers(CLI::App& subcommand, const std::string& name, const std::string& description,
                         std::vector<std::int64_t>& numbers, std::int64_t least) {
  const auto read = [name, least, &numbers](const std::string& text) {
    numbers = numbers_in(name, text, least);
  };
  return *subcommand.add_option_function<std::string>(name, read, description)->type_name("LIST");
}

void add_bench_options(CLI::App& subcommand, BenchOptions& options) {
  add_numbers(subcommand, "--threads",
              "threads to work with; 0, the default: as many as affinity mask and cgroup CPU quota allow",
              options.threads, 0);
  add_names(subcommand, "--isa",
            "instruction sets: scalar, avx2, avx512, neon; default: $SACCADE_ISA, else the fastest that the "
            "CPU supports",
            options.isas, [](const std::string& name) { return std::optional(isa_called(name)); });
  subcommand
      .add_option("-r,--repetitions", options.repetitions,
                  "calls to time after two that are not; default: as many as half a second takes, three at "
                  "least, one where a call takes over two seconds")
      ->type_name("N")
      ->check(whole_number(1));
  subcommand
      .add_option_function<std::string>(
          "--format", [&options](const std::string& name) { options.format = format_called(name); },
          "md, a table to read, the default; or with every field csv, json or jsonl")
      ->type_name("NAME");
  subcommand.add_option("-o,--output", options.output, "file to write the table to; default: stdout")
      ->type_name("FILE");
}

std::vector<std::unique_ptr<Engine>> make_engines(const BenchOptions& options) {
  std::vector<std::unique_ptr<Engine>> engines;
  for (const std::optional<Isa>& isa : options.isas) {
    for (const std::int64_t threads : options.threads) {
      const auto count = static_cast<int>(std::min<std::int64_t>(threads, std::numeric_limits<int>::max()));
      engines.push_back(std::make_unique<Engine>(EngineOptions{.threads = count, .isa = isa}));
    }
  }
  return engines;
}

}  // namespace saccade::command
