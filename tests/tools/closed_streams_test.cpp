// Commands that start without a standard input, output or error: no file may get their numbers.

#include <doctest/doctest.h>
#include <unistd.h>

#include "fixtures/expect_error.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

/// Every seventh line is not a text, late enough that vectors are on the disk by then.
std::string lines_with_bad_ones() {
  std::string lines;
  for (int i = 0; i < 400; ++i)
    lines += i > 200 && i % 7 == 0 ? "{\"no\":1}\n" : "{\"text\":\"line " + std::to_string(i) + "\"}\n";
  return lines;
}

}  // namespace

TEST_CASE_FIXTURE(EmbedJob, "without a standard error, messages are lost and the output is right") {
  const Arguments options = {"--input-format", "jsonl", "--skip-bad", "--token-budget", "512"};
  const std::string lines = lines_with_bad_ones();
  const std::string expected = embed("-", "expected.npy", options, {.input = lines});
  CHECK(embed("-", "out.npy", options, {.input = lines, .closed = {STDERR_FILENO}}) == expected);
  CHECK(embed(folder.write("in.jsonl", lines), "file.npy", options,
              {.closed = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}}) == expected);
}

TEST_CASE_FIXTURE(EmbedJob, "a missing standard input is an error where it is read, and not 0 texts") {
  const Finished finished = run("-", "out.npy", {}, {.closed = {STDIN_FILENO}});
  CHECK(finished.exit_code == 1);
  check_contains(finished.err, {"saccade: error: stdin: cannot read: "});
  CHECK(folder.names().empty());
}

TEST_CASE_FIXTURE(EmbedJob, "a missing standard output is an error where it is written") {
  const auto input = folder.write("in.txt", "one\n");
  const Finished lost =
      run_command({"embed", input, "--model", model, "-o", "-"}, {.closed = {STDOUT_FILENO}});
  CHECK(lost.exit_code == 1);
  check_contains(lost.err, {"saccade: error: stdout: cannot write: "});
  const Finished text = run_command({"info"}, {.closed = {STDOUT_FILENO}});
  CHECK(text.exit_code == 1);
  check_contains(text.err, {"cannot write to the standard output"});
  CHECK(run(input, "out.npy", {}, {.closed = {STDOUT_FILENO}}).exit_code == 0);
}
