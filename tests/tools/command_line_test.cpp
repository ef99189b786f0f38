// The command line as a whole: values that are taken as they are given, and what is said of wrong ones.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "saccade/saccade.hpp"
#include "shell/nearest_name.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
using nlohmann::json;

using Words = std::vector<std::string>;

Words tokens_of(const Arguments& texts) {
  Arguments arguments = {"map", "--format", "json", "--layer", "0", "--head", "0"};
  arguments.insert(arguments.end(), texts.begin(), texts.end());
  const Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out).at("tokens").get<Words>();
}

void check_usage_error(const Arguments& arguments, const std::string& what, const std::string& command) {
  const Finished finished = run_command(arguments);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err == "saccade: error: " + what + "\n" + command + " --help tells the usage.\n");
}

}  // namespace

TEST_CASE("map and explain take texts in brackets and braces as they are given") {
  CHECK(tokens_of({"[SEP]"}) == Words{"[CLS]", "[SEP]", "[SEP]"});
  CHECK(tokens_of({"[1] see [2]"}) == Words{"[CLS]", "[", "1", "]", "see", "[", "2", "]", "[SEP]"});
  CHECK(tokens_of({"[a, b]"}) == Words{"[CLS]", "[", "a", ",", "b", "]", "[SEP]"});
  CHECK(tokens_of({"[]"}) == Words{"[CLS]", "[", "]", "[SEP]"});
  CHECK(tokens_of({"{}"}) == Words{"[CLS]", "{", "}", "[SEP]"});
  CHECK(tokens_of({"[MASK]", "[a]"}) == Words{"[CLS]", "[MASK]", "[SEP]", "[", "a", "]", "[SEP]"});
  CHECK(tokens_of({"embed"}) == Words{"[CLS]", "embed", "[SEP]"});  // a subcommand's name, too
  const Finished explained = run_command({"explain", "[MASK]", "--token", "[MASK]"});
  CHECK(explained.exit_code == 0);
  CHECK(explained.out.starts_with("How \"[MASK]\" (token 1) attends, layer 0, head 0: 3 tokens"));
}

TEST_CASE("files, queries and options in brackets are taken as they are given") {
  const TemporaryFolder folder;
  const std::string file = folder.write("[a, b]", "a ship\n");
  const Finished embedded =
      run_command({"embed", file, "--input-format", "lines", "-o", folder / "[c].jsonl", "--prompt", "[p]"});
  INFO(embedded.err);
  CHECK(embedded.exit_code == 0);
  const Finished same = run_command({"embed", "-", "-o", "-"}, {.input = "[p]a ship\n"});
  CHECK(read_bytes(folder / "[c].jsonl") == same.out);
  const Finished found = run_command({"similar", file, "--input-format", "lines", "--query", "[SEP]",
                                      "--query={}", "--query", "[x, y]", "--json"});
  INFO(found.err);
  CHECK(found.exit_code == 0);
  Words queries;
  for (const json& query : json::parse(found.out)) queries.push_back(query.at("query"));
  CHECK(queries == Words{"[SEP]", "{}", "[x, y]"});
  for (const Arguments& arguments :
       {Arguments{"run", "[x]", "--weights", "[w]", "--heads", "1", "-o", "o.npz"},
        {"run", "[w]", "[x]", "--weights", "[w]", "--heads", "1", "-o", "o"},
        {"bench", "encoder", "--model", "[w]"},
        {"embed", file, "--input-format", "lines", "--model", "[w]", "-o", "-"}})
    check_contains(run_command(arguments).err, {"[w]"});
  check_contains(run_command({"attend", "[x].npz", "-o", "o.npz"}).err, {"[x].npz: cannot open"});
  check_contains(run_command({"merge", "[x].npy"}).err, {"[x].npy: there is no part"});
  check_contains(run_command({"info", "--isa", "[x]"}).err, {"'[x]'"});
}

TEST_CASE("wrong usage: what is wrong, the name that was probably meant, and whose help to read") {
  check_usage_error({"embed", "a.txt", "--modle", "m", "-o", "a.npy"},
                    "there is no option '--modle'; did you mean --model?", "saccade embed");
  check_usage_error({"embed", "a.txt", "--outptu=a.npy"},
                    "there is no option '--outptu'; did you mean --output?", "saccade embed");
  check_usage_error({"info", "--zzz"}, "there is no option '--zzz'", "saccade info");
  const std::string subcommands = "run, attend, embed, merge, similar, bench, map, explain, info or help";
  check_usage_error({"embd"}, "there is no subcommand 'embd'; did you mean embed? Expected " + subcommands,
                    "saccade");
  check_usage_error({"dance"}, "there is no subcommand 'dance'; expected " + subcommands, "saccade");
  check_usage_error({"help", "embd"},
                    "there is no subcommand 'embd'; did you mean embed? Expected " + subcommands,
                    "saccade help");
  check_usage_error({"bench", "lyer"},
                    "there is no subcommand 'lyer'; did you mean layer? Expected attention, layer or encoder",
                    "saccade bench");
  check_usage_error({}, "a subcommand is missing; expected " + subcommands, "saccade");
  check_usage_error({"embed", "a.txt", "-o"}, "--output needs a value", "saccade embed");
  check_usage_error({"bench", "layer", "--threads", "1", "--threads", "2"},
                    "--threads is given 2 times; expected once", "saccade bench layer");
  check_usage_error({"info", "[x]"}, "'[x]' is one argument too many", "saccade info");
}

TEST_CASE("names that are near") {
  using command::edit_distance;
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("--modle", "--model") == 1);  // neighbours swapped
  CHECK(edit_distance("ca", "abc") == 3);           // an edit within a swap counts apart
  CHECK(command::nearest_name("mrge", {"map", "merge"}) == "merge");
  CHECK(command::nearest_name("x", {"map", "merge"}).empty());
}

TEST_CASE("help SUBCOMMAND prints what SUBCOMMAND --help does, and usage lines name what is needed") {
  for (const Words& words : {Words{}, {"embed"}, {"map"}, {"bench", "layer"}, {"help"}}) {
    Arguments asked = {"help"}, option = words;
    asked.insert(asked.end(), words.begin(), words.end());
    option.push_back("--help");
    const Finished help = run_command(asked);
    CHECK(help.exit_code == 0);
    CHECK(help.out == run_command(option).out);
    CHECK(help.out.find("x)") == std::string::npos);  // CLI11's counts of values, (0x)
  }
  const auto usage_of = [](const std::string& subcommand) {
    const std::string help = run_command({subcommand, "--help"}).out;
    const std::size_t begin = help.find("Usage: ");
    return help.substr(begin, help.find('\n', begin) - begin);
  };
  CHECK(usage_of("map") == "Usage: saccade map [OPTIONS] [TEXT...]");
  CHECK(usage_of("explain") == "Usage: saccade explain [OPTIONS] TEXT...");
  CHECK(usage_of("embed") == "Usage: saccade embed [OPTIONS] INPUT...");
  CHECK(usage_of("merge") == "Usage: saccade merge [OPTIONS] OUT");
}

TEST_CASE("-V is --version") {
  CHECK(run_command({"-V"}).out == run_command({"--version"}).out);
}

TEST_CASE("-q leaves out notes, not warnings and errors") {
  const TemporaryFolder folder;
  const std::string input = folder.write("in.txt", "a\n");
  CHECK(!run_command({"embed", input, "-o", folder / "a.npy"}).err.empty());
  for (const std::string quiet : {"-q", "--quiet"}) {
    const Finished finished = run_command({"embed", input, "-o", folder / "b.npy", quiet});
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
  }
  CHECK(!run_command({"embed", "none.txt", "-o", folder / "c.npy", "-q"}).err.empty());
}

TEST_CASE("sizes of memory in the ways that people write them, all in powers of 1024") {
  const TemporaryFolder folder;
  const std::string input = folder.write("in.txt", "a\n");
  const auto limit_of = [&](const std::string& size) {
    const Finished finished = run_command({"embed", input, "-o", "-", "--max-memory", size});
    const std::string before = "the limit is ";
    const std::size_t at = finished.err.find(before);
    return at == std::string::npos ? std::to_string(finished.exit_code)
                                   : finished.err.substr(at + before.size(), 5);
  };
  for (const std::string size : {"64K", "64KB", "64KiB", "65536"}) CHECK(limit_of(size) == "65536");
  for (const std::string size : {"2G", "2GB", "2GiB", "1T"}) CHECK(limit_of(size) == "0");
  for (const std::string wrong : {"64B", "64iB", "GB", "2Gb", "2GBB", "2 G", "B", ""})
    CHECK(limit_of(wrong) == "2");
}

TEST_CASE("errors hold no control characters of names") {
  const Finished finished = run_command({"map", "--file", "a\x1b[1mb"});
  CHECK(finished.exit_code == 1);
  CHECK(finished.err == "saccade: error: a?[1mb: cannot open\n");
  CHECK(run_command({"info", "--i\x1bsa"}).err.find('\x1b') == std::string::npos);
}
