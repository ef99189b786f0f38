// `saccade map` on a terminal: colours where it has them, and where nobody has said otherwise.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "tools/map_file.hpp"
#include "tools/pseudo_terminal.hpp"

namespace saccade::test {
namespace {

constexpr const char* escape = "\x1b[";

/// What `saccade map` shows of a token with these arguments, on a terminal.
std::string on_terminal(Arguments arguments, std::vector<std::string> environment) {
  arguments.insert(arguments.begin(), {"map", law, "--token", "its"});
  const PseudoTerminal terminal;
  RunningCommand command(arguments, {.environment = std::move(environment), .output = terminal.path()});
  const std::string text = terminal.read_until_closed();
  const Finished finished = command.wait();
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return text;
}

bool has_colours(const std::string& text) {
  return text.find(escape) != std::string::npos;
}

// As no-color.org has it, an empty NO_COLOR says nothing: these tests may run under one that is not.
const std::vector<std::string> capable = {"TERM=xterm-256color", "NO_COLOR="};

}  // namespace

TEST_CASE("a terminal has colours, unless NO_COLOR, TERM or an option say otherwise") {
  const std::string text = on_terminal({}, capable);
  check_contains(text, {"its", "application", "█"});
  CHECK(has_colours(text));
  CHECK(has_colours(on_terminal({"--colour", "auto"}, capable)));
  CHECK_FALSE(has_colours(on_terminal({}, {"TERM=xterm-256color", "NO_COLOR=1"})));
  CHECK_FALSE(has_colours(on_terminal({}, {"TERM=dumb", "NO_COLOR="})));
  CHECK_FALSE(has_colours(on_terminal({"--colour", "never"}, capable)));
}

TEST_CASE("--colour always has colours whatever the surroundings, auto none in files and pipes") {
  CHECK(has_colours(on_terminal({"--color", "always"}, {"TERM=dumb", "NO_COLOR=1"})));
  const auto elsewhere = [](const std::string& when) {
    const Finished finished =
        run_command({"map", law, "--token", "its", "--colour", when}, {.environment = capable});
    REQUIRE(finished.exit_code == 0);
    return finished.out;
  };
  CHECK(has_colours(elsewhere("always")));
  CHECK_FALSE(has_colours(elsewhere("auto")));
  const TemporaryFolder folder;
  CHECK(on_terminal({"-o", folder / "map.txt"}, capable).empty());
  CHECK_FALSE(has_colours(read_bytes(folder / "map.txt")));
}

}  // namespace saccade::test
