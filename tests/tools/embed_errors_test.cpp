// `saccade embed` on what is wrong: a message, an exit code, and nothing left behind.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;

struct Fixture : EmbedJob {
  fs::path input = folder.write("in.txt", "one\ntwo\n");

  void expect(std::initializer_list<std::string> parts, const fs::path& path,
              const std::string& output = "out.npy", const Arguments& more = {}) const {
    const std::vector<std::string> before = folder.names();
    const Finished finished = run(path, output, more);
    CHECK(finished.exit_code == 1);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("saccade: error: "));
    check_contains(finished.err, parts);
    CHECK(folder.names() == before);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "inputs that are missing, a folder, or of no known format") {
  expect({"missing.txt", "No such file"}, folder / "missing.txt");
  expect({"missing.txt", "No such file"}, input, "out.npy", {folder / "missing.txt"});
  expect({folder.path().string(), "directory"}, folder.path());
  expect({"in.csv", "extension '.csv'", "expected .txt or .jsonl"}, folder.write("in.csv", "a"));
}

TEST_CASE_FIXTURE(Fixture, "outputs that cannot be") {
  expect({"out.npz", "expected .npy, .safetensors or .jsonl"}, input, "out.npz");
  expect({"in.txt", "expected .npy"}, input, "in.txt");
  fs::copy_file(input, folder / "both.jsonl");
  expect({"both.jsonl", "is the input too"}, folder / "both.jsonl", "both.jsonl");
  fs::create_symlink(input, folder / "link.npy");
  expect({"link.npy", "is the input too"}, input, "link.npy");
  expect({"missing/out.npy"}, input, "missing/out.npy");
  fs::create_directory(folder / "folder.npy");
  expect({"folder.npy", "directory"}, input, "folder.npy");
  expect({"out.npy", "offsets", "expected .safetensors"}, input, "out.npy", {"--tokens"});
  expect({"tokens", "f32 only"}, input, "out.safetensors", {"--tokens", "--dtype", "f16"});
  const Finished full = run_command({"embed", input, "--model", model, "-o", "/dev/full"});
  CHECK(full.exit_code == 1);
  check_contains(full.err, {"/dev/full", "No space"});
}

TEST_CASE_FIXTURE(Fixture, "models that are missing, or cannot do it") {
  model = folder / "nothing";
  expect({"nothing"}, input);
  model = folder / "bare";
  fs::create_directory(model);
  for (const std::string name : {"config.json", "model.safetensors"})
    fs::copy_file(sample_model_path() / name, model / name);
  expect({"bare"}, input);  // no tokenizer
  expect({"bare"}, folder.write("in.jsonl", "{\"text\":\"a\"}"));
  folder.write("in.jsonl", "{\"ids\":[2,7,3]}\n");
  CHECK(run(folder / "in.jsonl", "out.npy").exit_code == 0);  // which ids do not need
}

TEST_CASE_FIXTURE(Fixture, "the model is not written over, by whatever name") {
  model = folder / "model";
  fs::copy(sample_model_path(), model, fs::copy_options::recursive);
  const std::string weights = read_bytes(model / "model.safetensors");
  fs::create_symlink(model / "model.safetensors", folder / "link.safetensors");
  expect({"model.safetensors: is a file of the model too"}, input, "model/model.safetensors");
  expect({"link.safetensors: is a file of the model too"}, input, "link.safetensors");
  CHECK(run("-", "model/model.safetensors", {}, {.input = "a\n"}).exit_code == 1);
  CHECK(read_bytes(model / "model.safetensors") == weights);
  CHECK(run(input, "model/vectors.npy").exit_code == 0);
}

TEST_CASE_FIXTURE(Fixture, "names, prompts and fields of any bytes") {
  const std::string expected = embed(input, "expected.npy");
  const fs::path named = folder / "caf\xe9\\.txt";
  fs::copy_file(input, named);
  CHECK(embed(named, "a.npy") == expected);
  CHECK(embed(named, "\xff.npy") == expected);
  CHECK(run(input, "b.npy", {"--prompt", "\xe9: "}).exit_code == 0);
  CHECK(run(input, "b.npy", {"--field", "\xe9"}).exit_code == 0);
  // Bytes that differ are jobs that differ.
  const fs::path many = folder.write("many.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\nbad\n");
  const auto stop = [&](const std::string& prompt, const Arguments& more) {
    Arguments options = {"--prompt", prompt, "--token-budget", "1"};
    options.insert(options.end(), more.begin(), more.end());
    return run(many, "c.npy", options);
  };
  CHECK(stop("\xe9", {}).exit_code == 1);
  check_contains(stop("\xe8", {"--resume"}).err, {"another job", R"(/prompt is "\\xe8", was "\\xe9")"});
  check_contains(stop("\\xe9", {"--resume"}).err, {"another job", "/prompt is "});
  folder.write("many.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n");
  const Finished resumed = stop("\xe9", {"--resume"});
  CHECK(resumed.exit_code == 0);
  check_contains(resumed.err, {"done before"});
}

TEST_CASE_FIXTURE(Fixture, "options that do not fit the model, or the memory") {
  expect({"max_length is 257", "256"}, input, "out.npy", {"--max-length", "257"});
  expect({"max_length", "1"}, input, "out.npy", {"--max-length", "1"});
  expect({"truncate_dim is 129", "128"}, input, "out.npy", {"--truncate-dim", "129"});
  expect({"one text of 254 tokens needs ", " bytes of work memory, the limit is 65536"}, input, "out.npy",
         {"--max-memory", "64K"});
}

TEST_CASE_FIXTURE(Fixture, "lines longer than what the memory allows") {
  const fs::path path = folder.write("long.txt", "a\n" + std::string(2 << 20, 'x') + "\nb\n");
  expect({"long.txt:2: the line is too long; expected at most 1048576 bytes"}, path, "out.npy",
         {"--max-memory", "16M"});
  CHECK(run(path, "out.npy", {"--max-memory", "16M", "--skip-bad"}).exit_code == 0);
  CHECK(shape_of(folder / "out.npy", "x") == Integers{2, 128});
}

TEST_CASE_FIXTURE(Fixture, "wrong usage") {
  for (const Arguments& more :
       {Arguments{"--pooling", "median"}, Arguments{"--dtype", "f64"}, Arguments{"--input-format", "csv"},
        Arguments{"--prompt", "a", "--prompt-name", "b"}, Arguments{"--normalize", "--no-normalize"},
        Arguments{"--token-budget", "0"}}) {
    INFO(more[0]);
    const Finished finished = run(input, "out.npy", more);
    CHECK(finished.exit_code == 2);
    check_contains(finished.err, {more[0]});
  }
  CHECK(run_command({"embed", "--model", model, "-o", folder / "out.npy"}).exit_code == 2);
}
