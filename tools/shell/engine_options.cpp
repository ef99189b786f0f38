#include "shell/engine_options.hpp"

#include <string>

#include "saccade/isa.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {

Isa isa_called(const std::string& name) {
  const std::optional<Isa> asked = parse_isa(name);
  std::string known;
  for (const Isa isa : supported_isas()) {
    if (isa == asked) return isa;
    known += (known.empty() ? "" : ", ") + std::string(to_string(isa));
  }
  throw CLI::ValidationError("--isa",
                             (asked ? "'" + name + "' cannot run here" : "there is no '" + name + "'") +
                                 "; supported here: " + known);
}

namespace {

constexpr std::int64_t most_threads = 4096;  // as EngineOptions says

Accumulation accumulation_called(const std::string& name) {
  for (const Accumulation accumulation : {Accumulation::fp32, Accumulation::fp64}) {
    if (name == to_string(accumulation)) return accumulation;
  }
  throw CLI::ValidationError("--accumulate", "there is no '" + name + "'; expected fp32 or fp64");
}

}  // namespace

void add_engine_options(CLI::App& subcommand, EngineOptions& options) {
  subcommand
      .add_option("--threads", options.threads,
                  "threads to work with; 0, the default: as many as affinity mask and cgroup CPU quota allow")
      ->type_name("N")
      ->check(whole_number(0, most_threads));
  subcommand
      .add_option_function<std::string>(
          "--isa", [&options](const std::string& name) { options.isa = isa_called(name); },
          "instruction set: scalar, avx2, avx512 or neon; default: $SACCADE_ISA, else the fastest that the "
          "CPU supports. The results have the same bits on each")
      ->type_name("NAME");
  subcommand
      .add_option_function<std::string>(
          "--accumulate",
          [&options](const std::string& name) { options.accumulation = accumulation_called(name); },
          "what matrix products are summed in: fp32, the default, or fp64: nearer to exact, in about twice "
          "the time")
      ->type_name("TYPE");
}

}  // namespace saccade::command
