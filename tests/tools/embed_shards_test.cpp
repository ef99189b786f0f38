// `saccade embed --shard` and `saccade merge`.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;

struct Fixture : EmbedJob {
  fs::path input = folder.write("in.jsonl", "");
  fs::path second = folder.write("second.txt", made_up_lines(9));

  Fixture() {
    std::string lines;
    for (int i = 0; i < 23; ++i)
      lines += i % 5 == 4 ? "\n" : "{\"text\":\"" + std::string(static_cast<std::size_t>(i), 'a') + " b\"}\n";
    folder.write("in.jsonl", lines);
  }
  std::string part(const std::string& output, int index, int count) const {
    return output + ".shard-" + std::to_string(index) + "-of-" + std::to_string(count);
  }
  void embed_parts(const std::string& output, int count, const Arguments& more = {}) const {
    for (int index = 0; index < count; ++index) {
      Arguments options = {second, "--shard", std::to_string(index) + "/" + std::to_string(count)};
      options.insert(options.end(), more.begin(), more.end());
      const Finished finished = run(input, output, options);
      INFO(finished.err);
      REQUIRE(finished.exit_code == 0);
      CHECK(fs::exists(folder / part(output, index, count)));
      CHECK(!fs::exists(folder / output));
    }
  }
  std::string whole(const std::string& output, Arguments more = {}) const {
    more.insert(more.begin(), second);
    return embed(input, output, more);
  }
  Finished merge(const std::string& output) const { return run_command({"merge", folder / output}); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "parts merge to the bytes of a run without them, in each format") {
  for (const auto& [output, more] :
       std::vector<std::pair<std::string, Arguments>>{{"a.npy", {}},
                                                      {"h.npy", {"--dtype", "f16"}},
                                                      {"a.jsonl", {}},
                                                      {"a.safetensors", {}},
                                                      {"t.safetensors", {"--tokens"}}}) {
    INFO(output);
    const std::string expected = whole("whole-" + output, more);
    for (const int count :
         output[0] == 't' ? std::vector{3, 30} : std::vector{3}) {  // 28 texts: of 30 parts two have none
      embed_parts(output, count, more);
      const Finished finished = merge(output);
      CHECK(finished.exit_code == 0);
      check_contains(finished.err, {std::to_string(count) + " shards, "});
      CHECK(read_bytes(folder / output) == expected);
      fs::remove(folder / output);
      for (int index = 0; index < count; ++index) CHECK(fs::remove(folder / part(output, index, count)));
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "a part is a file of its own, and resumes by itself") {
  embed_parts("a.npy", 3);
  CHECK(shape_of(folder / part("a.npy", 1, 3), "x") == Integers{9, 128});
  whole("b.npy");
  CHECK(read_floats(folder / part("a.npy", 1, 3), "x") ==
        rows_of(read_floats(folder / "b.npy", "x"), 128, 9, 9));

  folder.write("in.jsonl", read_bytes(input) + "{\"text\":bad}\n");
  const Arguments last = {"--shard", "1/2", "--token-budget", "8"};
  CHECK(run(input, "c.npy", last).exit_code == 1);
  CHECK(fs::exists(folder / (part("c.npy", 1, 2) + ".partial")));
  check_contains(merge("c.npy").err, {"c.npy", "there is no part"});
  std::string repaired = read_bytes(input);
  repaired.replace(repaired.find("bad"), 3, "\"\"");
  folder.write("in.jsonl", repaired);
  embed(input, "whole.npy");
  CHECK(run(input, "c.npy", {"--shard", "1/2", "--token-budget", "8", "--resume"}).exit_code == 0);
  CHECK(run(input, "c.npy", {"--shard", "0/2"}).exit_code == 0);
  CHECK(merge("c.npy").exit_code == 0);
  CHECK(read_bytes(folder / "c.npy") == read_bytes(folder / "whole.npy"));
}

TEST_CASE_FIXTURE(Fixture, "parts that are missing, or do not fit together") {
  const auto expect = [&](const std::string& output, std::initializer_list<std::string> parts) {
    const Finished finished = merge(output);
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, parts);
    CHECK(!fs::exists(folder / output));
  };
  expect("a.npy", {"a.npy: there is no part of it", "a.npy.shard-0-of-2"});
  embed_parts("a.npy", 3);
  fs::rename(folder / part("a.npy", 1, 3), folder / (part("a.npy", 1, 3) + ".partial"));
  expect("a.npy", {"of 3 parts there lack a.npy.shard-1-of-3 (unfinished)"});
  fs::remove(folder / (part("a.npy", 1, 3) + ".partial"));
  embed_parts("a.npy", 3, {"--truncate-dim", "64"});
  embed_parts("b.npy", 3);
  fs::copy_file(folder / part("b.npy", 2, 3), folder / part("a.npy", 2, 3),
                fs::copy_options::overwrite_existing);
  expect("a.npy", {"a.npy.shard-2-of-3", "128 values of f32", "64 values of f32"});
  embed_parts("a.npy", 2);
  expect("a.npy", {"parts of different numbers", "-of-2", "-of-3"});
  for (const std::string output : {"c.npy", "c.safetensors"}) {
    for (const int index : {0, 1}) folder.write(part(output, index, 2), "no tensor of any kind");
    expect(output, {output + ".shard-0-of-2"});
  }
  folder.write(part("d.jsonl", 0, 2), "");
  folder.write(part("d.jsonl", 1, 2), "{\"id\":0,\"embedding\":[1,2]}\n{\"id\":1,\"emb");
  expect("d.jsonl", {"d.jsonl.shard-1-of-2", "ends within a line"});
  expect("e.txt", {"e.txt", "expected .npy, .safetensors or .jsonl"});
}

TEST_CASE_FIXTURE(Fixture, "parts of other inputs, of another model or of other options are not merged") {
  const fs::path other_model = folder / "model";
  fs::copy(model, other_model, fs::copy_options::recursive);
  std::ofstream(other_model / "2_Dense" / "config.json", std::ios::app) << "\n";
  const std::string lines = read_bytes(input);
  for (const auto& [output, more] : std::vector<std::pair<std::string, Arguments>>{
           {"a.npy", {}}, {"a.safetensors", {}}, {"a.jsonl", {}}, {"t.safetensors", {"--tokens"}}}) {
    INFO(output);
    const auto embed_second = [&, &more = more, &output = output](const fs::path& used_model,
                                                                  const Arguments& options) {
      Arguments all = arguments(input, output, {second, "--shard", "1/2"});
      all[3] = used_model;
      all.insert(all.end(), more.begin(), more.end());
      all.insert(all.end(), options.begin(), options.end());
      CHECK(run_command(all).exit_code == 0);
    };
    const auto refused = [&, &output = output] {
      const Finished finished = merge(output);
      CHECK(finished.exit_code == 1);
      check_contains(finished.err, {output + ".shard-1-of-2: is a part of another job (check sum ", ") than ",
                                    output + ".shard-0-of-2", "same inputs, model and options"});
      CHECK(!fs::exists(folder / output));
    };
    const std::string expected = whole("whole-" + output, more);
    embed_parts(output, 2, more);
    embed_second(other_model, {});
    refused();
    embed_second(model, {"--max-length", "20"});
    refused();
    folder.write("in.jsonl", lines + "{\"text\":\"one more\"}\n");
    embed_second(model, {});
    refused();
    folder.write("in.jsonl", lines);
    // The same inputs at another place are the same job.
    fs::copy_file(input, folder / "copy.jsonl");
    Arguments at_other_place = arguments(folder / "copy.jsonl", output, {second, "--shard", "1/2"});
    at_other_place.insert(at_other_place.end(), more.begin(), more.end());
    CHECK(run_command(at_other_place).exit_code == 0);
    CHECK(merge(output).exit_code == 0);
    CHECK(read_bytes(folder / output) == expected);
    fs::remove(folder / "copy.jsonl");
  }
}

TEST_CASE_FIXTURE(Fixture, "a part is a file that other programs read, and says its job once") {
  embed_parts("a.npy", 2);
  const std::string npy = read_bytes(folder / part("a.npy", 0, 2));
  CHECK(npy.substr(0, 128).find("), }  # saccade job ") != std::string::npos);
  CHECK(npy.size() == 128 + 14 * 512);
  CHECK(shape_of(folder / part("a.npy", 0, 2), "x") == Integers{14, 128});
  embed_parts("a.jsonl", 2);
  const std::string lines = read_bytes(folder / part("a.jsonl", 0, 2));
  CHECK(lines.substr(0, lines.find('\n')).find("], \"job\": \"") != std::string::npos);
  CHECK(lines.find("job") == lines.rfind("job"));
  embed_parts("a.safetensors", 2);
  check_contains(read_bytes(folder / part("a.safetensors", 1, 2)).substr(0, 100),
                 {R"("__metadata__":{"saccade_job":")"});
}

TEST_CASE_FIXTURE(Fixture, "offsets of a part that are none") {
  embed_parts("t.safetensors", 2, {"--tokens"});
  const fs::path path = folder / part("t.safetensors", 1, 2);
  const std::string good = read_bytes(path);
  const std::size_t begin = good.size() - 15 * 8;  // of 14 texts
  const auto expect = [&](const std::string& bytes, std::initializer_list<std::string> parts) {
    folder.write(part("t.safetensors", 1, 2), bytes);
    const Finished finished = merge("t.safetensors");
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {part("t.safetensors", 1, 2)});
    check_contains(finished.err, parts);
    CHECK(!fs::exists(folder / "t.safetensors"));
  };
  const auto with_offset = [&](std::size_t index, char value) {
    std::string bytes = good;
    bytes.replace(begin + index * 8, 8, std::string(1, value) + std::string(7, value < 0 ? '\xff' : '\0'));
    return bytes;
  };
  expect(with_offset(0, 1), {"'offsets'", "has 1 at 0"});
  expect(with_offset(2, 0), {"'offsets'", "has 0 at 2", "ascend from 0 to the "});
  expect(with_offset(2, -3), {"'offsets'", "has -3 at 2"});
  expect(with_offset(14, 127), {"'offsets'", "has 127 at 1"});
  // Without any: as a part of minus one text.
  std::string none = good.substr(0, begin);
  const std::size_t shape = none.find("[15]"), ends = none.find("]", none.rfind("data_offsets"));
  const std::size_t last = none.rfind(',', ends);
  const std::string from = none.substr(none.rfind('[', last) + 1, last - none.rfind('[', last) - 1);
  none.replace(last + 1, ends - last - 1, from + std::string(ends - last - 1 - from.size(), ' '));
  none.replace(shape, 4, "[0 ]");
  expect(none, {"does not hold what a part of an output holds"});
  folder.write(part("t.safetensors", 1, 2), good);
  CHECK(merge("t.safetensors").exit_code == 0);
}

TEST_CASE_FIXTURE(Fixture, "which part it is, by the environment, where --shard auto asks for that") {
  const auto embed_in = [&](const std::vector<std::string>& environment,
                            const Arguments& more = {"--shard", "auto"}) {
    return run(second, "a.npy", more, {{}, environment});
  };
  check_contains(
      embed_in({"SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_MIN=5", "SLURM_ARRAY_TASK_COUNT=4"}).err,
      {"saccade: shard 2/4, as $SLURM_ARRAY_TASK_ID says", "\n2 texts, "});
  CHECK(fs::exists(folder / part("a.npy", 2, 4)));
  const std::vector<std::string> steps = {"SLURM_ARRAY_TASK_ID=10", "SLURM_ARRAY_TASK_MIN=0",
                                          "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_STEP=10"};
  check_contains(embed_in(steps).err, {"saccade: shard 1/3, as $SLURM_ARRAY_TASK_ID says"});
  check_contains(embed_in({"OMPI_COMM_WORLD_RANK=0", "OMPI_COMM_WORLD_SIZE=3", "RANK=", "WORLD_SIZE="}).err,
                 {"shard 0/3, as $OMPI_COMM_WORLD_RANK says"});
  CHECK(fs::exists(folder / part("a.npy", 0, 3)));
  check_contains(embed_in({"RANK=1", "WORLD_SIZE=2", "SLURM_ARRAY_TASK_ID="}).err,
                 {"shard 1/2, as $RANK says"});
  CHECK(fs::exists(folder / part("a.npy", 1, 2)));
  check_contains(embed_in({"PMI_RANK=4", "PMI_SIZE=5"}).err, {"shard 4/5, as $PMI_RANK says"});
  check_contains(embed_in({"SLURM_PROCID=0", "SLURM_NTASKS=7"}).err, {"shard 0/7, as $SLURM_PROCID says"});
  const auto fails = [&](const std::vector<std::string>& environment,
                         std::initializer_list<std::string> parts) {
    const Finished bad = embed_in(environment);
    CHECK(bad.exit_code == 1);
    check_contains(bad.err, parts);
  };
  fails({"RANK=one", "WORLD_SIZE=2"}, {"--shard auto: $RANK is 'one'; expected a whole number"});
  fails({"RANK=2", "WORLD_SIZE=2"}, {"$RANK is 2; expected one of $WORLD_SIZE = 2 numbers from 0 on"});
  fails({"SLURM_ARRAY_TASK_ID=9", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_STEP=10"},
        {"in steps of 10"});
  fails({}, {"--shard auto: expected one of $SLURM_ARRAY_TASK_ID with $SLURM_ARRAY_TASK_COUNT, ", "$RANK"});
  CHECK(!fs::exists(folder / "a.npy"));
  CHECK(embed_in({"RANK=0", "WORLD_SIZE=1"}).exit_code == 0);
  CHECK(fs::exists(folder / "a.npy"));
  for (const Arguments& without : {Arguments{}, {"--shard", "none"}, {"--shard", "0/1"}}) {
    fs::remove(folder / "a.npy");
    const Finished all = embed_in({"RANK=one", "WORLD_SIZE=2", "SLURM_ARRAY_TASK_ID=7"}, without);
    CHECK(all.exit_code == 0);
    CHECK(all.err.find("RANK") == std::string::npos);
    CHECK(fs::exists(folder / "a.npy"));
  }
  for (const std::string wrong : {"2/2", "-1/2", "1", "1/2/3", "a/b", ""})
    CHECK(embed_in({}, {"--shard", wrong}).exit_code == 2);
  check_contains(run("-", "s.npy", {"--shard", "0/2"}).err, {"shards need inputs that can be read twice"});
  check_contains(run_command({"embed", second, "--model", model, "-o", "-", "--shard", "0/2"}).err,
                 {"-: is a stream, which has no shards"});
}
