// `saccade similar`, and the model that comes with the command.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "saccade/tensor_file.hpp"
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

TEST_CASE("vectors that were embedded before are searched by row, with the scores of their texts") {
  const TemporaryFolder folder;
  const std::string input = folder.write("in.txt", lines), query = "a mother and her child";
  const json texts = json::parse(run_command({"similar", input, "--query", query, "--json"}).out);
  for (const char* name : {"v.npy", "v.safetensors"}) {
    const std::string vectors = folder / name;
    CHECK(run_command({"embed", input, "-o", vectors}).exit_code == 0);
    const Finished done = run_command({"similar", "--vectors", vectors, "--query", query, "--json"});
    CHECK(done.exit_code == 0);
    const json rows = json::parse(done.out);
    CHECK(rows[0]["query"] == query);
    REQUIRE(rows[0]["rows"].size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(rows[0]["rows"][i]["row"].get<int>() + 1 == texts[0]["texts"][i]["line"].get<int>());
      CHECK(rows[0]["rows"][i]["score"] == texts[0]["texts"][i]["score"]);
    }
    const Finished shown = run_command({"similar", "--vectors", vectors, "--query", query, "--top", "1"});
    check_contains(shown.out, {"closest to \"a mother and her child\"\n  0.", "  row 1\n"});
  }
}

TEST_CASE("vectors that do not fit are an error") {
  const TemporaryFolder folder;
  const auto expect = [&](std::initializer_list<std::string> parts, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--query", "q"});
    const Finished done = run_command(arguments);
    CHECK(done.exit_code != 0);
    check_contains(done.err, parts);
  };
  saccade::TensorFileWriter writer(folder / "two.safetensors",
                                   {{.name = "a", .shape = {1, 128}}, {.name = "b", .shape = {2, 64}}});
  writer.append("a", std::vector<float>(128, 1.0f));
  writer.append("b", std::vector<float>(128, 1.0f));
  writer.commit();
  const std::string two = folder / "two.safetensors", text = folder.write("in.txt", lines);
  expect({"2 tensors", "--tensor", "a, b"}, {"similar", "--vectors", two});
  expect({"'b'", "[2, 64]; expected [rows, 128]"}, {"similar", "--vectors", two, "--tensor", "b"});
  expect({"'c'"}, {"similar", "--vectors", two, "--tensor", "c"});
  CHECK(run_command({"similar", "--vectors", two, "--tensor", "a", "--query", "q"}).exit_code == 0);
  expect({"none.npy"}, {"similar", "--vectors", "none.npy"});
  expect({"TEXTS", "--vectors"}, {"similar"});
  expect({"TEXTS", "--vectors"}, {"similar", text, "--vectors", two});
  expect({"--tensor", "--vectors"}, {"similar", text, "--tensor", "a"});
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
