// `saccade similar`, and the model that comes with the command.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade::test;
using nlohmann::json;

constexpr const char* lines =
    "The whale rose beside the ship.\nShe gave the child to her mother.\nThe table had meat and wine on "
    "it.\n";

}  // namespace

TEST_CASE("the closest lines with their scores and places, by the command's own model") {
  const TemporaryFolder folder;
  const std::string input = folder.write("in.txt", lines);
  const Finished done = run_command(
      {"similar", input, "--query", "a ship on the sea", "--query", "a mother and her child", "--top", "2"});
  CHECK(done.exit_code == 0);
  check_contains(done.out, {"closest to \"a ship on the sea\"\n  0.", input + ":1  The whale rose",
                            "\n\nclosest to \"a mother and her child\"\n  0.", input + ":2  She gave"});
  CHECK(std::count(done.out.begin(), done.out.end(), '\n') == 7);
}

TEST_CASE("as JSON, from the standard input") {
  const Finished done = run_command({"similar", "-", "--query", "food", "--json"}, {.input = lines});
  CHECK(done.exit_code == 0);
  const json all = json::parse(done.out);
  REQUIRE(all.size() == 1);
  CHECK(all[0]["query"] == "food");
  REQUIRE(all[0]["texts"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const json& text = all[0]["texts"][i];
    CHECK(text["input"] == "-");
    CHECK(text["score"].get<double>() <= (i == 0 ? 1.0 : all[0]["texts"][i - 1]["score"].get<double>()));
  }
  CHECK(all[0]["texts"][2]["score"].get<double>() < 0.3);  // vectors share nothing that texts do not
}

TEST_CASE("embed, too, takes the command's own model where none is named") {
  const TemporaryFolder folder;
  const std::string input = folder.write("in.txt", lines);
  const Finished own = run_command({"embed", input, "-o", folder / "own.npy"});
  CHECK(own.exit_code == 0);
  const Finished named =
      run_command({"embed", input, "--model", sample_model_path(), "-o", folder / "named.npy"});
  CHECK(named.exit_code == 0);
  CHECK(read_bytes(folder / "own.npy").size() == 128 + 3 * 128 * 4);
  CHECK(read_bytes(folder / "own.npy") == read_bytes(folder / "named.npy"));
}

TEST_CASE("what is missing or wrong is said") {
  const Finished no_query = run_command({"similar", "a.txt"});
  CHECK(no_query.exit_code == 2);
  check_contains(no_query.err, {"--query is required"});
  const Finished no_file = run_command({"similar", "none.txt", "--query", "q"});
  CHECK(no_file.exit_code == 1);
  check_contains(no_file.err, {"none.txt"});
  const Finished no_model = run_command({"similar", "-", "--query", "q", "--model", "nowhere"});
  CHECK(no_model.exit_code == 1);
  check_contains(no_model.err, {"nowhere"});
}
