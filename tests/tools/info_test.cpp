#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "saccade/saccade.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

nlohmann::json info(Arguments arguments = {}) {
  arguments.insert(arguments.begin(), {"info", "--json"});
  const Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.err.empty());
  return nlohmann::json::parse(finished.out);
}

std::vector<std::string> names(const std::vector<Isa>& isas) {
  std::vector<std::string> names;
  for (const Isa isa : isas) names.emplace_back(to_string(isa));
  return names;
}

}  // namespace

TEST_CASE("info --json tells what the library tells") {
  const nlohmann::json json = info();
  const Engine engine;
  CHECK(json.at("version") == version());
  CHECK(json.at("compiled_isas").get<std::vector<std::string>>() == names(compiled_isas()));
  CHECK(json.at("supported_isas").get<std::vector<std::string>>() == names(supported_isas()));
  CHECK(json.at("isa") == to_string(engine.isa()));
  CHECK(json.at("isa_reason") == engine.isa_reason());
  CHECK(json.at("threads") == engine.threads());
  CHECK(json.at("threads_reason") == engine.threads_reason());
  CHECK(json.at("cpu_features").is_array());
  CHECK(json.at("tbb_version") == tbb_version());
}

TEST_CASE("info respects --isa, --threads and --accumulate") {
  CHECK(info().at("numerical_contract") == numerical_contract);
  CHECK(info().at("accumulation") == "fp32");
  CHECK(info({"--accumulate", "fp64"}).at("accumulation") == "fp64");
  for (const Isa isa : supported_isas()) {
    const nlohmann::json json = info({"--isa", std::string(to_string(isa)), "--threads", "3"});
    CHECK(json.at("isa") == to_string(isa));
    CHECK(json.at("threads") == 3);
  }
}

TEST_CASE("info for people") {
  const Finished finished = run_command({"info"});
  CHECK(finished.exit_code == 0);
  check_contains(finished.out, {std::string(version()), "threads", "oneTBB", "supported ISAs"});
}

TEST_CASE("an ISA that does not exist, or not here, is an error that lists those supported") {
  const Finished unknown = run_command({"info", "--isa", "mmx"});
  CHECK(unknown.exit_code == 2);
  check_contains(unknown.err, {"saccade: error: ", "mmx", "scalar"});
  const std::vector<Isa> supported = supported_isas();
  for (const Isa isa : {Isa::neon, Isa::avx2}) {
    if (std::find(supported.begin(), supported.end(), isa) != supported.end()) continue;
    const Finished finished = run_command({"info", "--isa", std::string(to_string(isa))});
    CHECK(finished.exit_code == 2);
    check_contains(finished.err, {"cannot run here", std::string(to_string(isa)), "scalar"});
  }
}

TEST_CASE("--version and --help") {
  const Finished version_line = run_command({"--version"});
  CHECK(version_line.exit_code == 0);
  CHECK(version_line.out == "saccade " + std::string(version()) + " (numerical contract " +
                                std::to_string(numerical_contract) + ")\n");
  for (const Arguments& arguments : {Arguments{"--help"}, {"run", "--help"}, {"info", "--help"}}) {
    const Finished help = run_command(arguments);
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    check_contains(help.out, {"Usage: saccade", "Exit codes: 0", "130"});
  }
  check_contains(run_command({"run", "--help"}).out,
                 {"--weights", "--heads", "--prefix", "--causal", "--context", "--rows", "--sequences",
                  "--probabilities", "--tokens", "--threads", "--isa", "--max-memory", "--progress", "-o"});
}

TEST_CASE("wrong usage is exit code 2") {
  const Arguments run = {"run", "in.npz", "--weights", "w.safetensors", "--heads", "1", "-o", "out.npz"};
  const auto with = [&](const Arguments& more) {
    Arguments all = run;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  for (const Arguments& arguments : {Arguments{},
                                     {"dance"},
                                     {"run"},
                                     {"info", "--jsonn"},
                                     with({"--threads", "-1"}),
                                     with({"--threads", "4097"}),
                                     with({"--heads", "0"}),
                                     with({"--heads", "two"}),
                                     with({"--rows", "-3"}),
                                     with({"--rows", "1,x"}),
                                     with({"--max-memory", "5Q"}),
                                     with({"--max-memory", "0"}),
                                     with({"--progress", "often"}),
                                     with({"--tokens", "names.json"}),
                                     with({"other.npz", "--rows", "0", "--tokens", "names.json"})}) {
    const Finished finished = run_command(arguments);
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("saccade: error: "));
  }
}

TEST_CASE("a subcommand that does not exist is named, with those that do") {
  check_contains(run_command({"dance"}).err, {"'dance'", "run", "info"});
}
