// `saccade run` on inputs that are as they should be.

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "fixtures/test_data.hpp"
#include "saccade/isa.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;

constexpr double most_error = 4e-6;

/// Runs it; it must end well.
Finished run(Arguments arguments) {
  arguments.insert(arguments.begin(), "run");
  Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return finished;
}

/// A .safetensors file that is input and weights at once, with what must come out of it.
struct Golden {
  fs::path path;
  std::string heads;
  Arguments layer;  ///< the options that say which layer it has

  explicit Golden(const fs::path& file) : path(file) {
    const std::string bytes = read_bytes(file);
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    const nlohmann::json header = nlohmann::json::parse(bytes.substr(8, size));
    heads = header.at("__metadata__").at("heads");
    layer = {"--weights", path, "--heads", heads};
    if (!header.contains("output.weight")) layer.emplace_back("--no-output-projection");
  }

  Arguments arguments_to(const fs::path& output, const Arguments& more) const {
    Arguments arguments = {path, "-o", output};
    arguments.insert(arguments.end(), layer.begin(), layer.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  Finished run_to(const fs::path& output, const Arguments& more = {}) const {
    return run(arguments_to(output, more));
  }

  /// The bytes that its longest sequence needs, as the message tells that says so.
  std::string least_memory(const fs::path& output) const {
    Arguments arguments = arguments_to(output, {"--max-memory", "1000"});
    arguments.insert(arguments.begin(), "run");
    const Finished finished = run_command(arguments);
    const std::string before = " needs ";
    const std::size_t at = finished.err.find(before);
    REQUIRE(at != std::string::npos);
    return finished.err.substr(at + before.size(),
                               finished.err.find(' ', at + before.size()) - at - before.size());
  }
};

std::vector<Golden> goldens() {
  std::vector<Golden> all;
  for (const fs::path& file : test_data("self-attention-layer", ".safetensors")) all.emplace_back(file);
  return all;
}

/// The sample that is shipped, and the layer that made it.
const fs::path model = sample_model_path();
const Arguments sample = {model / "sample.npz",
                          "--weights",
                          model / "model.safetensors",
                          "--prefix",
                          "encoder.layer.0.",
                          "--heads",
                          "4"};

Finished run_sample(const Arguments& more) {
  Arguments arguments = sample;
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

void check_maps(const fs::path& actual, const fs::path& expected) {
  const TensorFile file = TensorFile::open(expected);
  for (const TensorInfo& tensor : file.tensors()) {
    if (!tensor.name.starts_with("probabilities_")) continue;
    CHECK(shape_of(actual, tensor.name) == tensor.shape);
    CHECK(relative_error(read_floats(actual, tensor.name), read_floats(expected, tensor.name)) <= most_error);
  }
}

}  // namespace

TEST_CASE("the sample: context and attention maps as they must be") {
  const TemporaryFolder folder;
  run_sample({"--context", "--probabilities", folder / "maps.npz", "-o", folder / "out.npz"});
  const fs::path expected = model / "sample.npz";
  CHECK(relative_error(read_floats(folder / "out.npz", "context"), read_floats(expected, "context")) <=
        most_error);
  CHECK(read_integers(folder / "out.npz", "offsets") == read_integers(expected, "offsets"));
  check_maps(folder / "maps.npz", expected);
}

TEST_CASE("goldens: z, context and probabilities, in each format the same") {
  const TemporaryFolder folder;
  for (const Golden& golden : goldens()) {
    INFO(golden.path.string());
    golden.run_to(folder / "out.npz", {"--context", "--probabilities", folder / "maps.safetensors"});
    golden.run_to(folder / "out.safetensors", {"--context", "--probabilities", folder / "maps.npz"});
    for (const std::string name : {"z", "context"}) {
      const Floats actual = read_floats(folder / "out.npz", name);
      CHECK(relative_error(actual, read_floats(golden.path, name)) <= most_error);
      CHECK(read_floats(folder / "out.safetensors", name) == actual);
    }
    CHECK(read_integers(folder / "out.npz", "offsets") == read_integers(golden.path, "offsets"));
    CHECK(read_integers(folder / "out.safetensors", "offsets") == read_integers(golden.path, "offsets"));
    check_maps(folder / "maps.safetensors", golden.path);
    check_maps(folder / "maps.npz", golden.path);
  }
}

TEST_CASE("goldens: the same bytes with any threads, ISA and memory") {
  const TemporaryFolder folder;
  for (const Golden& golden : goldens()) {
    INFO(golden.path.string());
    golden.run_to(folder / "out.npz", {"--causal"});
    const std::string expected = read_bytes(folder / "out.npz");
    const auto same = [&](const Arguments& more) {
      INFO(more.back());
      Arguments arguments = {"--causal"};
      arguments.insert(arguments.end(), more.begin(), more.end());
      golden.run_to(folder / "again.npz", arguments);
      CHECK(read_bytes(folder / "again.npz") == expected);
    };
    for (const std::string threads : {"1", "2", "3", "8"}) same({"--threads", threads});
    for (const Isa isa : supported_isas()) same({"--isa", std::string(to_string(isa))});
    same({"--max-memory", golden.least_memory(folder / "not.npz")});
  }
}

TEST_CASE("goldens: rows have the bits of the whole run") {
  const TemporaryFolder folder;
  for (const Golden& golden : goldens()) {
    INFO(golden.path.string());
    golden.run_to(folder / "out.npz", {"--context"});
    golden.run_to(folder / "row.npz", {"--context", "--rows", "0"});
    const Integers offsets = read_integers(golden.path, "offsets");
    for (const std::string name : {"z", "context"}) {
      const Floats all = read_floats(folder / "out.npz", name), rows = read_floats(folder / "row.npz", name);
      const std::int64_t columns = shape_of(folder / "out.npz", name)[1];
      for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        CHECK(rows_of(rows, columns, static_cast<std::int64_t>(s)) == rows_of(all, columns, offsets[s]));
    }
  }
}

TEST_CASE("formats of the input: the same values come out") {
  const TemporaryFolder folder;
  const States states = {{27, 128}, rows_of(read_floats(model / "sample.npz", "x"), 128, 0, 27)};
  for (const std::string end : {".npy", ".npz", ".safetensors"}) {
    Arguments arguments = sample;
    arguments[0] = write(folder / ("in" + end), states);
    arguments.insert(arguments.end(), {"-o", folder / ("out" + end)});
    run(arguments);
  }
  run_sample({"-o", folder / "all.npz"});
  const Floats expected = rows_of(read_floats(folder / "all.npz", "z"), 128, 0, 27);
  CHECK(read_floats(folder / "out.npy", "x") == expected);
  CHECK(read_floats(folder / "out.npz", "z") == expected);
  CHECK(read_floats(folder / "out.safetensors", "z") == expected);
}

TEST_CASE("several inputs: a folder of outputs") {
  const TemporaryFolder folder;
  fs::copy_file(model / "sample.npz", folder / "a.npz");
  write(folder / "b.npy", {{2, 3, 128}, random_floats(6 * 128, 1)});
  Arguments arguments = sample;
  arguments[0] = folder / "a.npz";
  arguments.insert(arguments.begin() + 1, folder / "b.npy");
  arguments.insert(arguments.end(), {"-o", folder / "out", "--probabilities", folder / "maps"});
  // .npy holds one map only.
  arguments.insert(arguments.end(), {"--sequences", "1"});
  const Finished finished = run(arguments);
  check_contains(finished.err, {"2 files, 2 sequences, 7 tokens"});
  CHECK(shape_of(folder / "out" / "a.npz", "z") == Integers{4, 128});
  CHECK(shape_of(folder / "out" / "b.npy", "x") == Integers{1, 3, 128});
  CHECK(shape_of(folder / "maps" / "a.npz", "probabilities_1") == Integers{4, 4, 4});
  CHECK(shape_of(folder / "maps" / "b.npy", "x") == Integers{4, 3, 3});
}

TEST_CASE("one input and a folder: the same") {
  const TemporaryFolder folder;
  run_sample({"-o", folder.path()});
  CHECK(folder.names() == std::vector<std::string>{"sample.npz"});
}

TEST_CASE("one summary line on stderr, nothing on stdout") {
  const TemporaryFolder folder;
  const Finished finished = run_sample({"-o", folder / "out.npz", "--threads", "2", "--isa", "scalar"});
  CHECK(finished.out.empty());
  check_contains(finished.err,
                 {"6 sequences, 92 tokens, ", " s, ", " tokens/s, ", " GFLOP/s (scalar, 2 threads)\n"});
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
  CHECK(finished.err.find("NaN") == std::string::npos);
}

TEST_CASE("--progress always: lines before the summary") {
  const TemporaryFolder folder;
  const Finished finished = run_sample({"-o", folder / "out.npz", "--progress", "always"});
  check_contains(finished.err, {"sample.npz: 0 %, 0 of 6 sequences\n", "\n6 sequences, 92 tokens"});
}

TEST_CASE("NaN in x is computed and counted") {
  const TemporaryFolder folder;
  Floats x = read_floats(model / "sample.npz", "x");
  const Integers offsets = read_integers(model / "sample.npz", "offsets");
  x[128 * 28] = x[128 * 28 + 1] = x[128 * 29] = std::nanf("");
  Arguments arguments = sample;
  arguments[0] = write(folder / "nan.npz", {{92, 128}, x, offsets});
  arguments.insert(arguments.end(), {"-o", folder / "out.npz"});
  check_contains(run(arguments).err, {"6 sequences, 92 tokens", ", 2 tokens with NaN\n"});
  run_sample({"-o", folder / "clean.npz"});
  const Floats z = read_floats(folder / "out.npz", "z"), clean = read_floats(folder / "clean.npz", "z");
  CHECK(std::isnan(z[128 * 28]));
  CHECK(rows_of(z, 128, 0, 27) == rows_of(clean, 128, 0, 27));
  CHECK(rows_of(z, 128, 31, 61) == rows_of(clean, 128, 31, 61));
}

TEST_CASE("--tokens shows what a token attends to") {
  const TemporaryFolder folder;
  const Finished finished = run_sample({"--rows", "9", "--sequences", "0", "--tokens",
                                        model / "sample-tokens.json", "-o", folder / "out.npz"});
  check_contains(finished.out, {"sequence 0: The Law will never be perfect", "\"its\" (token 9)",
                                "application", "█", "mean of 4 heads", " in head ", "and 19 more"});
  CHECK(shape_of(folder / "out.npz", "z") == Integers{1, 128});
  const Finished all =
      run_sample({"--rows", "0,1", "--tokens", model / "sample-tokens.json", "-o", folder / "all.npz"});
  check_contains(all.out, {"sequence 0", "sequence 5", "\"thinking\" (token 1)", "\"[CLS]\" (token 0)"});
}
