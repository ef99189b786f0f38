// `saccade embed` that is killed, stopped or fails, and goes on with --resume.

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "fixtures/expect_error.hpp"
#include "fixtures/journal_lines.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Names = std::vector<std::string>;

/// Slow work in small steps.
const Arguments slowly = {"--threads", "1", "--token-budget", "64"};

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// $SACCADE_TEST_SEED, to repeat what failed; else another one each time.
std::uint32_t chosen_seed() {
  const char* const seed = std::getenv("SACCADE_TEST_SEED");
  return seed != nullptr ? static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 10))
                         : std::random_device{}();
}

/// Kills the job at so many random moments, each of which must find it at work, then lets it end.
void kill_and_resume(const EmbedJob& job, const std::string& output, const Arguments& kind, int kills) {
  const fs::path input = job.folder.write("in.txt", made_up_lines(2000));
  const Clock::time_point begin = Clock::now();
  const std::string expected = job.embed(input, "whole-" + output, with(slowly, kind));
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  const std::uint32_t seed = chosen_seed();
  CAPTURE(seed);
  std::mt19937 generator(seed);
  std::uniform_int_distribution<std::int64_t> moment(0, whole.count() / kills);
  for (int kill = 0; kill < kills; ++kill) {
    RunningCommand command(job.arguments(input, output, with(with(slowly, kind), {"--resume"})));
    std::this_thread::sleep_for(std::chrono::microseconds(moment(generator)));
    command.send(SIGKILL);
    CHECK(command.wait().exit_code == -SIGKILL);
    CHECK(!fs::exists(job.folder / output));
  }
  const Finished finished = job.run(input, output, with(with(slowly, kind), {"--resume"}));
  INFO(finished.err);
  CHECK(finished.exit_code == 0);
  check_contains(finished.err, {"2,000 texts, "});
  CHECK(read_bytes(job.folder / output) == expected);
  CHECK(job.folder.names() == Names{"in.txt", output, "whole-" + output});
}

/// A job that stopped at a bad line, after some chunks.
struct StoppedJob : EmbedJob {
  std::string lines;  ///< without the bad one
  fs::path input;
  std::string expected;  ///< what comes of the lines
  Arguments options = {"--token-budget", "64"};
  Finished stopped;

  explicit StoppedJob(const std::string& output = "out.npy") {
    for (int i = 0; i < 200; ++i) lines += "{\"text\":\"line " + std::to_string(i) + "\"}\n";
    input = folder.write("in.jsonl", lines + "{\"text\":\"last\"}\n");
    if (output == "out.safetensors") options.emplace_back("--tokens");
    expected = embed(input, output, options);
    fs::remove(folder / output);
    folder.write("in.jsonl", lines + "{\"text\":last}\n");
    stopped = run(input, output, options);
  }
  void repair() const { folder.write("in.jsonl", lines + "{\"text\":\"last\"}\n"); }
  Finished resume(const Arguments& more = {}, const std::string& output = "out.npy") const {
    return run(input, output, with(with(options, {"--resume"}), more));
  }
  void expect(std::initializer_list<std::string> parts, const Finished& finished) const {
    CHECK(finished.exit_code == 1);
    CHECK(finished.err.starts_with("saccade: error: "));
    check_contains(finished.err, parts);
    CHECK(!fs::exists(folder / "out.npy"));
  }
};

}  // namespace

TEST_CASE_FIXTURE(EmbedJob, "killed at ten random moments and resumed: the bytes of a run that was not") {
  kill_and_resume(*this, "out.npy", {}, 10);
}

TEST_CASE_FIXTURE(EmbedJob, "killed and resumed: other formats") {
  kill_and_resume(*this, "out.jsonl", {"--dtype", "f16"}, 4);
  fs::remove(folder / "out.jsonl");
  fs::remove(folder / "whole-out.jsonl");
  kill_and_resume(*this, "out.safetensors", {"--tokens"}, 4);
}

TEST_CASE_FIXTURE(EmbedJob, "SIGINT and SIGTERM: what is done stays, and the message says how to go on") {
  const fs::path input = folder.write("in.txt", made_up_lines(4000));
  const std::string expected = embed(input, "whole.npy");
  Arguments more = slowly;
  for (const int signal : {SIGINT, SIGTERM}) {
    RunningCommand command(arguments(input, "out.npy", more));
    for (int i = 0; i < 3000 && !fs::exists(folder / "out.npy.manifest"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    command.send(signal);
    const Finished finished = command.wait();
    CHECK(finished.exit_code == 128 + signal);
    check_contains(finished.err, {"stopped on request", "texts are kept in", "out.npy.partial", "--resume"});
    more.emplace_back("--resume");
  }
  CHECK(embed(input, "out.npy", {"--resume"}) == expected);
}

TEST_CASE("a bad line is repaired, and the run goes on behind what was done") {
  for (const std::string output : {"out.npy", "out.safetensors", "out.jsonl"}) {
    const StoppedJob job(output);
    CHECK(job.stopped.exit_code == 1);
    check_contains(job.stopped.err, {"in.jsonl:201: ", "texts are kept in", output + ".partial", "--resume"});
    CHECK(job.folder.names() == Names{"in.jsonl", output + ".manifest", output + ".partial"});
    job.repair();
    const Finished finished = job.resume({}, output);
    CHECK(finished.exit_code == 0);
    check_contains(finished.err, {"201 texts, ", " done before, "});
    CHECK(read_bytes(job.folder / output) == job.expected);
    CHECK(job.folder.names() == Names{"in.jsonl", output});
  }
}

TEST_CASE("the bad line is left out when the run goes on") {
  const StoppedJob job;
  CHECK(job.resume({"--skip-bad"}).exit_code == 0);
  CHECK(shape_of(job.folder / "out.npy", "x") == Integers{200, 128});
}

TEST_CASE("without --resume: an unfinished run is not thrown away") {
  const StoppedJob job;
  job.repair();
  job.expect({"an unfinished run holds ", " texts in ", "out.npy.partial", "--resume continues it",
              "removing", "out.npy.manifest starts over"},
             job.run(job.input, "out.npy", job.options));
  job.expect({"an unfinished run holds "}, job.run("-", "out.npy", {}, {"a text\n"}));
  fs::remove(job.folder / "out.npy.partial");
  fs::remove(job.folder / "out.npy.manifest");
  CHECK(job.run(job.input, "out.npy", job.options).exit_code == 0);
}

TEST_CASE("--resume of another job, or of changed inputs, tells what differs") {
  const StoppedJob job;
  job.repair();
  job.expect({"another job", "/pooling", "\"max\""}, job.resume({"--pooling", "max"}));
  job.expect({"another job", "/max_length is 5, was 0"}, job.resume({"--max-length", "5"}));
  job.expect({"another job", "/accumulation is \"fp64\", was \"fp32\""},
             job.resume({"--accumulate", "fp64"}));
  job.expect({"another job", "/dtype is \"f16\", was \"f32\""}, job.resume({"--dtype", "f16"}));
  job.expect({"another job", "/inputs/paths/1 is", "was nothing"}, job.resume({job.input}));
  job.folder.write("in.jsonl", "{\"text\":\"life 0\"}" + job.lines.substr(17));
  job.expect({"the inputs have changed before byte", "CRC-32"}, job.resume());
  job.folder.write("in.jsonl", "{\"text\":\"line 0\"}\n");
  job.expect({"in.jsonl", "ends before byte"}, job.resume());
  // Nothing of it was lost.
  job.repair();
  CHECK(job.resume().exit_code == 0);
  CHECK(read_bytes(job.folder / "out.npy") == job.expected);
}

TEST_CASE("--resume with another model in the same folder") {
  StoppedJob job;
  job.repair();
  const fs::path copy = job.folder / "model";
  fs::copy(job.model, copy, fs::copy_options::recursive);
  Arguments arguments = job.arguments(job.input, "out.npy", with(job.options, {"--resume"}));
  arguments[3] = copy;
  std::ofstream(copy / "2_Dense" / "config.json", std::ios::app) << "\n";
  job.expect({"another job", "/model/2_Dense~1config.json/"}, run_command(arguments));
  fs::copy_file(job.model / "2_Dense" / "config.json", copy / "2_Dense" / "config.json",
                fs::copy_options::overwrite_existing);
  CHECK(run_command(arguments).exit_code == 0);  // the same files at another place are the same model
}

TEST_CASE("--resume with damaged files names the place") {
  const StoppedJob job;
  job.repair();
  const std::string manifest = read_bytes(job.folder / "out.npy.manifest");
  const std::string partial = read_bytes(job.folder / "out.npy.partial");
  const auto lines = lines_of(manifest);
  REQUIRE(lines.size() >= 3);
  job.folder.write("out.npy.manifest", lines[0] + "\n{\"texts\":1}\n" + lines[1] + "\n");
  job.expect({"out.npy.manifest:2: is damaged: its check sum"}, job.resume());
  job.folder.write("out.npy.manifest", journal_of({R"({"job":{}})", R"({"texts":1})"}));
  job.expect({"out.npy.manifest:2: ", "'tokens' is "}, job.resume());
  job.folder.write("out.npy.manifest", manifest);
  job.folder.write("out.npy.partial", partial.substr(0, 500));
  job.expect({"out.npy.partial", "500 bytes", "were written before"}, job.resume());
  std::string changed = partial;
  changed[200] ^= 1;
  job.folder.write("out.npy.partial", changed);
  job.expect({"out.npy.partial", "was changed since it was written", "CRC-32"}, job.resume());
  fs::remove(job.folder / "out.npy.partial");
  job.expect({"out.npy.partial", "has 0 bytes", "were written before"}, job.resume());
  CHECK(job.folder.names() == Names{"in.jsonl", "out.npy.manifest"});
  // A line that a crash cut off is no damage, and neither is what came after the last line.
  job.folder.write("out.npy.manifest", manifest + lines[1].substr(0, 40));
  job.folder.write("out.npy.partial", partial + "torn");
  CHECK(job.resume().exit_code == 0);
  CHECK(read_bytes(job.folder / "out.npy") == job.expected);
}

/// The journal of a StoppedJob that was repaired, with the line "complete".
std::string completed(const StoppedJob& job, const std::string& manifest) {
  nlohmann::json complete = nlohmann::json::parse(lines_of(manifest).back());
  complete.erase("sum");
  complete["complete"] = true;
  complete["texts"] = 201;
  complete["bytes"] = job.expected.size();
  complete["output_crc32"] = bitwise_crc32(job.expected.substr(128));
  std::string journal = manifest;
  append_line(journal, complete.dump());
  return journal;
}

TEST_CASE("killed at the very end: before the journal says complete, before the rename, after it") {
  const StoppedJob job;
  job.repair();
  const std::string manifest = read_bytes(job.folder / "out.npy.manifest");
  const std::string complete = completed(job, manifest);
  const auto end_with = [&](const std::string& journal) {
    fs::remove(job.folder / "out.npy");
    job.folder.write("out.npy.manifest", journal);
    job.folder.write("out.npy.partial", job.expected);
  };
  const auto check_resumed = [&] {
    const Finished finished = job.resume();
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    check_contains(finished.err, {"201 texts, "});
    CHECK(read_bytes(job.folder / "out.npy") == job.expected);
    CHECK(job.folder.names() == Names{"in.jsonl", "out.npy"});
  };
  end_with(manifest);
  check_resumed();
  end_with(complete);
  job.expect({"an unfinished run holds 201 texts"}, job.run(job.input, "out.npy", job.options));
  check_resumed();
  end_with(complete);
  fs::rename(job.folder / "out.npy.partial", job.folder / "out.npy");
  check_resumed();
  end_with(complete);
  job.folder.write("out.npy.partial", "short");
  job.expect({"out.npy.partial", "is not the complete output"}, job.resume());
  std::string changed = job.expected;
  changed[40] ^= 1;  // in the header
  job.folder.write("out.npy.partial", changed);
  job.expect({"out.npy.partial", "is not the complete output"}, job.resume());
  changed = job.expected;
  changed.back() ^= 1;
  job.folder.write("out.npy.partial", changed);
  job.expect({"out.npy.partial", "was changed since it was written"}, job.resume());
  fs::remove(job.folder / "out.npy.partial");
  job.folder.write("out.npy", changed);
  const Finished finished = job.resume();
  CHECK(finished.exit_code == 1);
  check_contains(finished.err, {"out.npy: is not the complete output of ", "out.npy.manifest"});
  CHECK(job.folder.names() == Names{"in.jsonl", "out.npy", "out.npy.manifest"});
}

TEST_CASE("every digit of a journal that is another: an error, or the right bytes") {
  for (const std::string output : {"out.npy", "out.safetensors"}) {
    const StoppedJob job(output);
    job.repair();
    const std::string manifest = read_bytes(job.folder / (output + ".manifest"));
    const std::string partial = read_bytes(job.folder / (output + ".partial"));
    const auto lines = lines_of(manifest);
    const std::size_t last = manifest.size() - lines.back().size() - 1;
    const std::size_t before = last - lines[lines.size() - 2].size() - 1;
    for (std::size_t at = before; at < manifest.size(); ++at) {
      if (std::isdigit(static_cast<unsigned char>(manifest[at])) == 0 || (output != "out.npy" && at % 7 != 0))
        continue;
      std::string changed = manifest;
      changed[at] = changed[at] == '9' ? '0' : static_cast<char>(changed[at] + 1);
      job.folder.write(output + ".manifest", changed);
      job.folder.write(output + ".partial", partial);
      fs::remove(job.folder / output);
      const Finished finished = job.resume({}, output);
      CAPTURE(at);
      if (finished.exit_code == 0) {
        CHECK(read_bytes(job.folder / output) == job.expected);
      } else {
        check_contains(finished.err, {output + ".manifest:" + std::to_string(lines.size() - 1), "check sum"});
        CHECK(read_bytes(job.folder / (output + ".partial")) == partial);
      }
    }
  }
}

TEST_CASE("sums that hold, but sizes or lengths that do not fit") {
  const StoppedJob job("out.safetensors");
  job.repair();
  const std::string manifest = read_bytes(job.folder / "out.safetensors.manifest");
  const auto lines = lines_of(manifest);
  for (const std::string key : {"texts", "bytes", "tokens"}) {
    nlohmann::json state = nlohmann::json::parse(lines[1]);
    state.erase("sum");
    state[key] = state[key].get<std::int64_t>() - 1;
    nlohmann::json described = nlohmann::json::parse(lines[0]);
    described.erase("sum");
    job.folder.write("out.safetensors.manifest", journal_of({described.dump(), state.dump()}));
    const Finished finished = job.resume({}, "out.safetensors");
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {"out.safetensors.manifest: has ", " texts in ", "; expected "});
  }
  job.folder.write("out.safetensors.manifest", manifest);
  CHECK(job.resume({}, "out.safetensors").exit_code == 0);
  CHECK(read_bytes(job.folder / "out.safetensors") == job.expected);
}

TEST_CASE("a journal of before there were sums is named, and not taken for another job's") {
  const StoppedJob job;
  const std::string old = "{\"job\":{}}\n{\"texts\":1}\n";
  job.folder.write("out.npy.manifest", old);
  for (const Arguments& more : {Arguments{}, Arguments{"--resume"}}) {
    job.expect({"out.npy.manifest:1: has no check sum", "written by saccade before"},
               job.run(job.input, "out.npy", with(job.options, more)));
    CHECK(read_bytes(job.folder / "out.npy.manifest") == old);
    CHECK(fs::exists(job.folder / "out.npy.partial"));
  }
}

TEST_CASE_FIXTURE(EmbedJob, "--resume starts where there is nothing to go on with, but not with streams") {
  const fs::path input = folder.write("in.txt", "one\n");
  const std::string expected = embed(input, "out.npy", {"--resume"});
  // Killed before the first chunk.
  folder.write("out.npy.partial", std::string(128, '\0'));
  folder.write("out.npy.manifest", journal_of({R"({"job":{}})"}));
  CHECK(embed(input, "out.npy") == expected);
  folder.write("out.npy.partial", "");
  CHECK(embed(input, "out.npy", {"--resume"}) == expected);
  folder.write("out.npy.manifest", "{\"job\":{\"accu");
  CHECK(embed(input, "out.npy", {"--resume"}) == expected);
  CHECK(folder.names() == Names{"in.txt", "out.npy"});
  check_contains(run("-", "out.npy", {"--resume"}).err, {"out.npy: there is nothing to resume with streams"});
  const Finished stream = run_command({"embed", input, "--model", model, "-o", "-", "--resume"});
  CHECK(stream.exit_code == 1);
  check_contains(stream.err, {"there is nothing to resume with streams"});
}
