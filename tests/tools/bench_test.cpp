#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/batches.hpp"
#include "bench/layer_problem.hpp"
#include "bench/random_layer.hpp"
#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "saccade/saccade.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
using Json = nlohmann::json;
using Rows = std::vector<Json>;

std::vector<std::int64_t> bench_batch(const std::string& name) {
  return saccade::bench::batch_offsets(name);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Stdout of `saccade bench` with these arguments and as few calls as can be.
std::string bench(Arguments arguments) {
  arguments.insert(arguments.begin(), "bench");
  arguments.insert(arguments.end(), {"-r", "1"});
  const Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return finished.out;
}

Rows bench_rows(Arguments arguments) {
  arguments.insert(arguments.end(), {"--format", "jsonl"});
  Rows rows;
  for (const std::string& line : lines_of(bench(arguments))) rows.push_back(Json::parse(line));
  REQUIRE(!rows.empty());
  return rows;
}

/// Each row's value under a key, as text.
std::vector<std::string> values(const Rows& rows, const std::string& key) {
  std::vector<std::string> texts;
  for (const Json& row : rows)
    texts.push_back(row.at(key).is_string() ? row.at(key).get<std::string>() : row.at(key).dump());
  return texts;
}

using Texts = std::vector<std::string>;

void check_times(const Json& row) {
  INFO(row.dump());
  CHECK(row.at("peer") == "saccade");
  CHECK(row.at("version") == version());
  CHECK(row.at("seconds_min") > 0);
  CHECK(row.at("seconds_min") <= row.at("seconds_median"));
  CHECK(row.at("gflops") > 0);
  CHECK(row.at("share_of_peak") > 0);
  CHECK(row.at("peak") > 0);
  CHECK(row.at("spread") >= 0);
  CHECK(row.at("workspace_bytes") >= 0);
}

void check_wrong_usage(const Arguments& arguments, std::initializer_list<std::string> parts) {
  const Finished finished = run_command(arguments);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("saccade: error: "));
  check_contains(finished.err, parts);
}

TEST_CASE("bench attention: each shape full and causal, against double precision and the peak") {
  const Rows rows = bench_rows({"attention", "--lengths", "10", "--heads", "4", "--kv-heads", "2",
                                "--head-dim", "16", "--batch", "2", "--threads", "1,2"});
  CHECK(values(rows, "causal") == Texts{"false", "false", "true", "true"});
  CHECK(values(rows, "threads") == Texts{"1", "2", "1", "2"});
  for (const Json& row : rows) {
    check_times(row);
    CHECK(row.at("case") == "b2h4kv2q10k10d16");
    CHECK(row.at("reps") == 1);
    CHECK(row.at("max_abs_err") < 1e-5);
    CHECK(row.at("workspace_bytes") > 0);
    CHECK(row.at("isa") == to_string(Engine().isa()));
    const double flops = (row.at("causal").get<bool>() ? 2.0 : 4.0) * 2 * 4 * 10 * 10 * 16;
    CHECK(row.at("gflops").get<double>() ==
          doctest::Approx(flops / row.at("seconds_median").get<double>() * 1e-9));
  }
}

TEST_CASE("bench attention: lists and ranges") {
  const Rows rows = bench_rows({"attention", "--lengths", "4,8-32*2,40-60+10", "--heads", "1-2", "--head-dim",
                                "8", "--threads", "1", "--causal"});
  Texts cases;
  for (const std::string heads : {"1", "2"})
    for (const std::string n : {"4", "8", "16", "32", "40", "50", "60"})
      cases.push_back("b1h" + heads + "q" + n + "k" + n + "d8");
  CHECK(values(rows, "case") == cases);
  for (const Json& row : rows) CHECK(row.at("causal") == true);
}

TEST_CASE("bench attention: decoding, from tensors and from a cache, of every type") {
  const Rows rows =
      bench_rows({"attention", "--queries", "1", "--lengths", "50", "--heads", "2", "--head-dim", "16",
                  "--batch", "3", "--dtype", "f32,f16,bf16", "--threads", "1"});
  CHECK(values(rows, "layout") == Texts{"packed", "panels", "packed", "panels", "packed", "panels"});
  CHECK(values(rows, "dtype") == Texts{"f32", "f32", "f16", "f16", "bf16", "bf16"});
  for (const Json& row : rows) {
    check_times(row);
    CHECK(row.at("peak_of") == "read bandwidth");
    CHECK(row.at("max_abs_err") < 1e-5);
    const double bytes = 2.0 * 3 * 50 * 2 * 16 * (row.at("dtype") == "f32" ? 4 : 2);
    CHECK(row.at("gb_per_s").get<double>() ==
          doctest::Approx(bytes / row.at("seconds_median").get<double>() * 1e-9));
  }
}

TEST_CASE("bench attention: every layout and ISA gives the right outputs") {
  std::string isas;
  for (const Isa isa : supported_isas()) isas += (isas.empty() ? "" : ",") + std::string(to_string(isa));
  const Rows rows = bench_rows({"attention", "--lengths", "33", "--heads", "3", "--head-dim", "8", "--batch",
                                "2", "--layout", "packed,bhsd,panels", "--threads", "1", "--isa", isas});
  CHECK(rows.size() == 2 * 3 * supported_isas().size());
  for (const Json& row : rows) CHECK(row.at("max_abs_err") < 1e-5);
}

TEST_CASE("bench attention: every mask gives the right outputs, and counts the pairs that it leaves") {
  const Rows rows =
      bench_rows({"attention", "--lengths", "300", "--heads", "1", "--head-dim", "8", "--batch", "2",
                  "--mask", "random,padding,window", "--layout", "bhsd,panels", "--threads", "1"});
  CHECK(values(rows, "mask") == Texts{"random", "random", "padding", "padding", "window", "window"});
  for (const Json& row : rows) {
    CHECK(row.at("max_abs_err") < 1e-5);
    const double all = 300.0 * 300, padding = 150.0 * 300, window = 256.0 * 257 / 2 + 44 * 256;
    const double pairs = row.at("mask") == "random" ? all : row.at("mask") == "padding" ? padding : window;
    CHECK(row.at("gflops").get<double>() * row.at("seconds_median").get<double>() ==
          doctest::Approx(4.0 * pairs * 2 * 8 * 1e-9));
  }
  const Rows chunk = bench_rows({"attention", "--lengths", "20", "--queries", "5", "--heads", "1",
                                 "--head-dim", "8", "--mask", "full,causal,random,window", "--threads", "1"});
  CHECK(values(chunk, "mask") == Texts{"full", "random"});
  check_wrong_usage({"bench", "attention", "--mask", "diagonal"}, {"--mask", "'diagonal'", "window"});
  check_wrong_usage({"bench", "attention", "--mask", "full", "--causal"}, {"--causal"});
  check_wrong_usage({"bench", "attention", "--lengths", "20", "--queries", "5", "--mask", "window"},
                    {"--mask"});
}

TEST_CASE("bench attention: cases of a file") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "cases.txt", "# batch heads queries keys head_dim\n1 2 20 20 8 1\n\n1 2 5 20 8 # a chunk\n");
  const Rows rows = bench_rows({"attention", "--cases", path, "--threads", "1"});
  CHECK(values(rows, "case") == Texts{"b1h2q20k20d8", "b1h2q20k20d8", "b1h2q5k20d8"});
  CHECK(values(rows, "causal") == Texts{"false", "true", "false"});
  for (const std::string wrong : {"1 2 20 20\n", "1 2 20 x 8\n", "1 0 20 20 8\n", "# none\n"}) {
    const Finished finished =
        run_command({"bench", "attention", "--cases", folder.write("wrong.txt", wrong)});
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {"saccade: error: ", "wrong.txt"});
  }
  check_contains(run_command({"bench", "attention", "--cases", folder / "none.txt"}).err, {"none.txt"});
}

TEST_CASE("bench: the same rows in every format, and in a file") {
  const Arguments shape = {"attention",  "--lengths", "20",        "--heads", "1",
                           "--head-dim", "8",         "--threads", "1"};
  const auto with = [&](const Arguments& more) {
    Arguments all = shape;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Texts md = lines_of(bench(shape));
  REQUIRE(md.size() == 4);
  check_contains(md[0], {"case", "median", "spread", "GFLOP/s", "share", "workspace", "ISA", "saccade"});
  CHECK(md[1].starts_with("|--"));
  check_contains(md[2], {"b1h1q20k20d8", "full", "FMA peak", std::string(version())});
  check_contains(md[3], {"causal"});

  const Texts csv = lines_of(bench(with({"--format", "csv"})));
  REQUIRE(csv.size() == 3);
  CHECK(csv[0].starts_with("peer,version,case,threads,causal,seconds_median,seconds_min,gflops,"));
  CHECK(csv[1].starts_with("saccade," + std::string(version()) + ",b1h1q20k20d8,1,false,"));
  CHECK(std::count(csv[0].begin(), csv[0].end(), ',') == std::count(csv[2].begin(), csv[2].end(), ','));

  const TemporaryFolder folder;
  CHECK(bench(with({"--format", "json", "-o", folder / "rows.json"})).empty());
  const Json json = Json::parse(read_bytes(folder / "rows.json"));
  CHECK(json.size() == 2);
  CHECK(json[1].at("causal") == true);
  CHECK(folder.names() == Texts{"rows.json"});
}

TEST_CASE("bench layer") {
  const Rows rows = bench_rows(
      {"layer", "--width", "32", "--heads", "4", "--lengths", "12,20", "--batch", "2", "--threads", "1,2"});
  CHECK(values(rows, "case") == Texts{"b2n12w32h4", "b2n12w32h4", "b2n20w32h4", "b2n20w32h4"});
  CHECK(values(rows, "set") == Texts{"2x12", "2x12", "2x20", "2x20"});
  for (const Json& row : rows) {
    check_times(row);
    CHECK(row.at("tokens_per_s") > 0);
    CHECK(row.at("max_abs_err") > 0);
    CHECK(row.at("max_abs_err") < 1e-5);
  }
}

TEST_CASE("bench layer: sets by name, full and causal") {
  const Arguments sets = {"layer",  "--width",          "32",        "--heads", "4",
                          "--sets", "3x7,mixed512,1x1", "--threads", "1"};
  for (const bool causal : {false, true}) {
    Arguments arguments = sets;
    if (causal) arguments.emplace_back("--causal");
    const Rows rows = bench_rows(arguments);
    CHECK(values(rows, "set") == Texts{"3x7", "mixed512", "1x1"});
    CHECK(values(rows, "case") == Texts{"3x7w32h4", "mixed512w32h4", "1x1w32h4"});
    const double tokens[] = {21, static_cast<double>(bench_batch("mixed512").back()), 1};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(rows[i].at("tokens_per_s").get<double>() * rows[i].at("seconds_median").get<double>() ==
            doctest::Approx(tokens[i]));
      CHECK(rows[i].at("max_abs_err") < 1e-5);
    }
  }
}

/// What bench layer would report of a layer's outputs that `change` was done to.
template <class Change>
double error_reported(bool causal, const Change& change) {
  const saccade::bench::LayerProblem problem(32, 4, bench_batch("mixed512"));
  const std::int64_t tokens = problem.tokens(), width = problem.width;
  Engine engine({.threads = 1});
  std::vector<float> z(problem.x.size());
  saccade::bench::random_layer(engine, width, problem.heads)
      .forward(engine, {{problem.x.data(), tokens, width, width}, problem.offsets},
               {z.data(), tokens, width, width});
  change(z);
  return saccade::bench::LayerReference(problem, causal).max_abs_error(z.data());
}

TEST_CASE("bench layer: max_abs_err sees wrong outputs") {
  CHECK(error_reported(false, [](std::vector<float>&) {}) < 1e-5);
  CHECK(error_reported(false, [](std::vector<float>& z) { z.back() += 0.5f; }) == doctest::Approx(0.5));
  CHECK(error_reported(false, [](std::vector<float>& z) { z.back() = NAN; }) == 1e30);
  CHECK(error_reported(false, [](std::vector<float>& z) { std::rotate(z.begin(), z.end() - 32, z.end()); }) >
        0.1);
  CHECK(error_reported(true, [](std::vector<float>&) {}) > 0.1);
}

TEST_CASE("bench encoder: random ids, and sets of a file") {
  const Rows made_up = bench_rows(
      {"encoder", "--model", sample_model_path(), "--lengths", "9", "--batch", "1,3", "--threads", "1"});
  CHECK(values(made_up, "set") == Texts{"b1n9", "b3n9"});
  const TemporaryFolder folder;
  const std::string ids = "{\"ids\": [5, 6, 7]}\n{\"ids\": [8]}\n{\"ids\": [1, 2, 3, 4]}\n";
  const Rows sets =
      bench_rows({"encoder", "--model", sample_model_path(), "--sets",
                  folder.write("a.jsonl", ids).string() + "," + folder.write("b.jsonl", ids).string(),
                  "--threads", "1"});
  CHECK(values(sets, "set") == Texts{"a", "b"});
  for (const Json& row : sets) {
    check_times(row);
    CHECK(row.at("batch") == 3);
    const double seconds = row.at("seconds_median");
    CHECK(row.at("tokens_per_s").get<double>() == doctest::Approx(8 / seconds));
    CHECK(row.at("sequences_per_s").get<double>() == doctest::Approx(3 / seconds));
  }
  for (const std::string wrong :
       {"{\"ids\": [99999999]}\n", "{\"ids\": [-1]}\n", "{\"id\": [1]}\n", "ids\n", "\n"}) {
    const Finished finished = run_command(
        {"bench", "encoder", "--model", sample_model_path(), "--sets", folder.write("wrong.jsonl", wrong)});
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {"saccade: error: ", "wrong.jsonl"});
  }
}

TEST_CASE("bench: wrong usage is exit code 2, and says what is wrong") {
  check_wrong_usage({"bench"}, {"subcommand", "attention, layer or encoder"});
  check_wrong_usage({"bench", "dance"}, {"'dance'", "attention, layer or encoder"});
  check_wrong_usage({"bench", "attention", "--lengths", "12x"}, {"--lengths", "'12x'"});
  check_wrong_usage({"bench", "attention", "--lengths", "64-32"}, {"--lengths", "'64-32'"});
  check_wrong_usage({"bench", "attention", "--lengths", "1-8*1"}, {"--lengths", "'1-8*1'"});
  check_wrong_usage({"bench", "attention", "--lengths", "1-8+0"}, {"--lengths", "'1-8+0'"});
  check_wrong_usage({"bench", "attention", "--lengths", "1-8/2"}, {"--lengths", "'1-8/2'"});
  check_wrong_usage({"bench", "attention", "--lengths", "1-99999999"}, {"--lengths", "too many"});
  check_wrong_usage({"bench", "attention", "--lengths", "99999999999999999999"}, {"--lengths"});
  check_wrong_usage({"bench", "attention", "--lengths", "900000000000"}, {"memory"});
  check_wrong_usage({"bench", "attention", "--heads", "0"}, {"--heads", "at least 1"});
  check_wrong_usage({"bench", "attention", "--heads", "4,"}, {"--heads", "empty"});
  check_wrong_usage({"bench", "attention", "--heads", "4", "--kv-heads", "3"}, {"--kv-heads", "4", "3"});
  check_wrong_usage({"bench", "attention", "--queries", "1", "--causal"}, {"--mask", "causal"});
  check_wrong_usage({"bench", "attention", "--cases", "c.txt", "--heads", "2"}, {"--cases", "--heads"});
  check_wrong_usage({"bench", "attention", "--dtype", "f32,f64"}, {"--dtype", "'f64'", "bf16"});
  check_wrong_usage({"bench", "attention", "--layout", "rows"}, {"--layout", "'rows'", "panels"});
  check_wrong_usage({"bench", "attention", "--isa", "mmx"}, {"--isa", "mmx", "scalar"});
  check_wrong_usage({"bench", "attention", "--format", "xml"}, {"--format", "xml", "jsonl"});
  check_wrong_usage({"bench", "attention", "-r", "0"}, {"repetitions"});
  check_wrong_usage({"bench", "layer", "--width", "10", "--heads", "4"}, {"--heads", "10"});
  for (const std::string wrong : {"mixed", "8", "x8", "8x", "0x8", "8x0", "8x8x8", "-1x8", "08x8", "8x8 ",
                                  "100000x1", "99999999999999999999x1"})
    check_wrong_usage({"bench", "layer", "--sets", "1x16," + wrong}, {"--sets", "'" + wrong + "'", "128x32"});
  check_wrong_usage({"bench", "layer", "--sets", "1x16,"}, {"--sets", "empty"});
  check_wrong_usage({"bench", "layer", "--sets", "1x16", "--lengths", "3"}, {"--sets", "--lengths"});
  check_wrong_usage({"bench", "layer", "--sets", "1x16", "--batch", "3"}, {"--sets", "--batch"});
  check_wrong_usage({"bench", "encoder", "--sets", "a.jsonl", "--lengths", "3"}, {"--sets", "--lengths"});
}

TEST_CASE("bench: what cannot be read or written") {
  const TemporaryFolder folder;
  const Finished unwritten = run_command({"bench", "layer", "-o", folder / "none" / "rows.md"});
  CHECK(unwritten.exit_code == 1);
  check_contains(unwritten.err, {"saccade: error: ", "rows.md"});
  const Finished no_model = run_command({"bench", "encoder", "--model", folder / "none"});
  CHECK(no_model.exit_code == 1);
  check_contains(no_model.err, {"saccade: error: ", "none"});
  const Finished too_long =
      run_command({"bench", "encoder", "--model", sample_model_path(), "--lengths", "100000"});
  CHECK(too_long.exit_code == 1);
  check_contains(too_long.err, {"100000"});
}

TEST_CASE("bench --help") {
  check_contains(run_command({"bench", "--help"}).out,
                 {"attention", "layer", "encoder", "Examples", "peak", "Exit codes: 0"});
  check_contains(run_command({"bench", "attention", "--help"}).out,
                 {"--lengths", "--queries", "--heads", "--kv-heads", "--head-dim", "--batch", "--causal",
                  "--dtype", "--layout", "--cases", "--threads", "--isa", "--repetitions", "--format",
                  "--output", "128-1024*2", "share_of_peak", "Exit codes: 0"});
  check_contains(run_command({"bench", "layer", "--help"}).out,
                 {"--width", "--heads", "--sets", "mixed512", "--lengths", "--batch", "max_abs_err"});
  check_contains(run_command({"bench", "encoder", "--help"}).out,
                 {"--model", "--sets", "--lengths", "--batch"});
}

}  // namespace
