// `saccade explain`: the steps have the numbers that `saccade map` and the encoder give.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "tools/map_file.hpp"

namespace saccade::test {
namespace {

constexpr const char* machines = "Thinking Machines";

std::string explained(Arguments arguments) {
  arguments.insert(arguments.begin(), {"explain", machines});
  const Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return finished.out;
}

/// The last number of the first line behind `after` that begins with `name`.
double last_number(const std::string& text, const std::string& after, const std::string& name) {
  const std::size_t line = text.find("\n   " + name, text.find(after)) + 1;
  REQUIRE(line != 0);
  const std::string numbers = text.substr(line, text.find('\n', line) - line);
  return std::stod(numbers.substr(numbers.rfind(' ')));
}

}  // namespace

TEST_CASE("a token's attention step by step, to the probabilities that the map has") {
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {machines});
  for (const std::int64_t layer : {0, 3}) {
    const std::string text =
        explained({"--token", "Thinking", "--layer", std::to_string(layer), "--head", "2"});
    check_contains(text,
                   {"\"thinking\" (token 1)", "layer " + std::to_string(layer) + ", head 2", "head_dim 32",
                    "1. Its query q", "q . k", "softmax", "7. z", "they agree, as fp32 rounds"});
    const std::vector<std::string> tokens = {"[CLS]", "thinking", "machines", "[SEP]"};
    for (std::size_t key = 0; key < tokens.size(); ++key)
      CHECK(last_number(text, "5. Softmax", tokens[key]) ==
            doctest::Approx(map.at(layer, 2, 1, static_cast<std::int64_t>(key))).epsilon(0.001).scale(0.1));
  }
}

TEST_CASE("all tokens at once: matrices with their shapes") {
  const std::string text = explained({"--matrix", "--layer", "1", "--head", "3"});
  check_contains(text,
                 {"X, what enters the attention  [4 x 128]", "Q = X W_Q^T + b_Q  [4 x 32]", "Q K^T  [4 x 4]",
                  "softmax of each row  [4 x 4]", "V  [4 x 32]", "they agree, as fp32 rounds"});
}

TEST_CASE("explain names what is missing or not there") {
  const auto refused = [](Arguments arguments, std::initializer_list<std::string> parts) {
    const Finished finished = run_command(arguments);
    CHECK(finished.exit_code != 0);
    check_contains(finished.err, parts);
  };
  refused({"explain", machines}, {"--token"});
  refused({"explain", machines, "--token", "thing"}, {"no token 'thing'", "#1 thinking"});
  refused({"explain", machines, "--matrix", "--layer", "4"}, {"no layer 4", "0 to 3"});
  refused({"explain", machines, "--matrix", "--head", "4"}, {"no head 4", "0 to 3"});
  refused({"explain", machines, "--matrix", "--token", "mach"}, {"--matrix", "--token"});
  refused({"explain", " ", "--matrix"}, {"the text is empty"});
}

}  // namespace saccade::test
