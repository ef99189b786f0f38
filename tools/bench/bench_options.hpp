#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/bench_table.hpp"
#include "saccade/engine.hpp"
#include "shell/number_list.hpp"

namespace saccade::command {

/// Options of all subcommands of `saccade bench`.
struct BenchOptions {
  std::vector<std::int64_t> threads = {0};
  std::vector<std::optional<Isa>> isas = {std::nullopt};
  std::size_t repetitions = 0;  ///< 0: as many as half a second takes
  TableFormat format = TableFormat::md;
  std::filesystem::path output;  ///< empty: stdout
};

/// --threads, --isa, --repetitions, --format and --output.
void add_bench_options(CLI::App& subcommand, BenchOptions& options);

/// An option whose value is a list of numbers and ranges, each at least `least`.
CLI::Option& add_numbers(CLI::App& subcommand, const std::string& name, const std::string& description,
                         std::vector<std::int64_t>& numbers, std::int64_t least = 1);

/// An option whose value is a list of names, each turned into something by `called`.
template <class T, class Called>
CLI::Option& add_names(CLI::App& subcommand, const std::string& name, const std::string& description,
                       std::vector<T>& values, const Called& called) {
  const auto read = [name, called, &values](const std::string& text) {
    values.clear();
    for (const std::string& part : list_in(name, text)) values.push_back(called(part));
  };
  return *subcommand.add_option_function<std::string>(name, read, description)->type_name("NAMES");
}

/// An engine for each ISA and number of threads, so that one that cannot run is an error before anything is
/// measured.
[[nodiscard]] std::vector<std::unique_ptr<Engine>> make_engines(const BenchOptions& options);

}  // namespace saccade::command
