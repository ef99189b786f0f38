// `saccade embed` on inputs that are as they should be.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/npy_array.hpp"
#include "saccade/isa.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
using nlohmann::json;
namespace fs = std::filesystem;

const std::vector<std::string> texts = {"All human beings are born free.", "", "Free?", "All human beings"};
constexpr const char* lines = "All human beings are born free.\r\n\nFree?\nAll human beings";

std::vector<json> json_lines(const std::string& bytes) {
  std::vector<json> objects;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = bytes.find('\n', begin);
    REQUIRE(end != std::string::npos);
    objects.push_back(json::parse(bytes.substr(begin, end - begin)));
    begin = end + 1;
  }
  return objects;
}

Floats embeddings_in(const std::string& bytes) {
  Floats values;
  for (const json& line : json_lines(bytes))
    for (const json& value : line.at("embedding")) values.push_back(value.get<float>());
  return values;
}

}  // namespace

TEST_CASE_FIXTURE(EmbedJob, "lines in, each format out: the library's vectors, in order") {
  const fs::path input = folder.write("in.txt", lines);
  const Floats expected = vectors(texts);
  embed(input, "out.npy");
  embed(input, "out.safetensors");
  CHECK(shape_of(folder / "out.npy", "x") == Integers{4, 128});
  CHECK(read_floats(folder / "out.npy", "x") == expected);
  CHECK(shape_of(folder / "out.safetensors", "embeddings") == Integers{4, 128});
  CHECK(read_floats(folder / "out.safetensors", "embeddings") == expected);
  const std::string bytes = embed(input, "out.jsonl");
  CHECK(embeddings_in(bytes) == expected);
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(json_lines(bytes)[i].at("id") == i);
  CHECK(folder.names() == std::vector<std::string>{"in.txt", "out.jsonl", "out.npy", "out.safetensors"});
}

TEST_CASE_FIXTURE(EmbedJob, "f16: rounded to nearest, and in .jsonl what that reads back as") {
  const fs::path input = folder.write("in.txt", lines);
  Floats expected = vectors(texts);
  for (float& value : expected) value = of_f16(f16_of(value));
  embed(input, "out.npy", {"--dtype", "f16"});
  embed(input, "out.safetensors", {"--dtype", "f16"});
  CHECK(NpyArray::read(folder / "out.npy").type == StorageType::f16);
  CHECK(read_floats(folder / "out.npy", "x") == expected);
  CHECK(TensorFile::open(folder / "out.safetensors").at("embeddings").type == StorageType::f16);
  CHECK(read_floats(folder / "out.safetensors", "embeddings") == expected);
  CHECK(embeddings_in(embed(input, "out.jsonl", {"--dtype", "f16"})) == expected);
}

TEST_CASE_FIXTURE(EmbedJob, "JSON lines: another field, ids of any kind kept, blank lines, ids of tokens") {
  const Encoding encoding = encoder.tokenizer().tokenize("Free?");
  const json ids = {{"ids", encoding.ids}, {"types", encoding.types}}, no_types = {{"ids", encoding.ids}};
  const fs::path input = folder.write(
      "in.jsonl",
      "{\"body\":\"All human beings are born free.\",\"id\":\"first\"}\n\n  \r\n{\"body\":\"\"}\r\n" +
          ids.dump() + "\n{\"id\":[7,null],\"body\":\"All human beings\",\"types\":\"no\"}\n" +
          no_types.dump());
  const std::string bytes = embed(input, "out.jsonl", {"--field", "body"});
  std::vector<std::string> all = texts;
  all.emplace_back("Free?");
  CHECK(embeddings_in(bytes) == vectors(all));
  std::vector<json> kept;
  for (const json& line : json_lines(bytes)) kept.push_back(line.at("id"));
  CHECK(kept == std::vector<json>{"first", 1, 2, {7, nullptr}, 4});
}

TEST_CASE_FIXTURE(EmbedJob, "JSON lines: ids keep the bytes that they have, of any type and size") {
  const std::vector<std::string> ids = {"340282366920938463463374607431768211455",
                                        "340282366920938463463374607431768211454",
                                        "18446744073709551616",
                                        "-9223372036854775809",
                                        "1.10",
                                        "1e999",
                                        "0.1000000000000000055511151231257827",
                                        R"("a\u00e9\/b")",
                                        R"({ "a":[ 1.0,{"b":null}], "a":2 })",
                                        "true",
                                        "null",
                                        std::string(500, '[') + std::string(500, ']')};
  std::string lines;
  for (const std::string& id : ids) lines += R"({"text": "Free?", "id":  )" + id + " }\n";
  const fs::path input = folder.write("in.jsonl", lines);
  std::istringstream written(embed(input, "out.jsonl"));
  std::size_t at = 0;
  for (std::string line; std::getline(written, line); ++at)
    CHECK(line.starts_with("{\"id\": " + ids.at(at) + ", \"embedding\": ["));
  CHECK(at == ids.size());
  // Parts hold the same ids, and merge.
  for (const std::string shard : {"0/2", "1/2"})
    CHECK(run(input, "parts.jsonl", {"--shard", shard}).exit_code == 0);
  CHECK(run_command({"merge", folder / "parts.jsonl"}).exit_code == 0);
  CHECK(read_bytes(folder / "parts.jsonl") == read_bytes(folder / "out.jsonl"));
  for (const std::string wrong : {"NaN", "[-Infinity]", "\"\xff\""}) {
    const fs::path bad = folder.write("bad.jsonl", R"({"text": "a", "id": )" + wrong + "}\n");
    check_contains(run(bad, "bad-out.jsonl").err, {"bad.jsonl:1: 'id' is not valid JSON"});
  }
}

TEST_CASE_FIXTURE(EmbedJob, "JSON lines: what other fields hold is no reason to refuse a line") {
  const std::string deep = std::string(20'000, '[') + std::string(20'000, ']');
  std::string lines;
  for (const std::string& other :
       {deep, std::string(R"({"k":1,"k":2})"), std::string("1e999"), std::string("-1e-999"),
        std::string("NaN"), std::string("[Infinity, -Infinity]"), std::string(R"("x\ud83d")"),
        std::string("\"\xff\""), std::string("123456789012345678901234567890")})
    lines += R"({"meta": )" + other + R"(, "meta": 0, "te\u0078t": "Free?"})" + "\n";
  const Floats one = vectors({"Free?"});
  Floats expected;
  for (int i = 0; i < 9; ++i) expected.insert(expected.end(), one.begin(), one.end());
  CHECK(embeddings_in(embed(folder.write("in.jsonl", lines), "out.jsonl")) == expected);
}

TEST_CASE_FIXTURE(EmbedJob, "JSON lines: what is used is checked") {
  const auto expect = [&](const std::string& line, const std::string& what) {
    const Finished finished = run(folder.write("in.jsonl", line + "\n"), "out.jsonl");
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {"in.jsonl:1: " + what});
  };
  expect(R"({"text": "a", "ids": [2, 3]})", "there are both 'text' and 'ids'; expected one of them");
  expect(R"({"text": "a", "text": "b"})", "the line has two keys 'text' in one object");
  expect(R"({"text": "a", "id": 1, "i\u0064": 2})", "the line has two keys 'id' in one object");
  expect(R"({"text": "\ud83d"})", "'text' is not valid JSON");
  expect(R"({"text": "a"} x)", "the line is not valid JSON: expected the end at byte 15");
  expect(R"({"text": "a", "b": 01})", "the line is not valid JSON: expected ',' or '}' at byte 21");
}

TEST_CASE_FIXTURE(EmbedJob, "several inputs are one output; other names need a format") {
  folder.write("a.txt", "All human beings are born free.\n\n");
  folder.write("b.jsonl", "{\"text\":\"Free?\"}\n");
  folder.write("c.text", "All human beings");
  const std::string bytes = embed(folder / "a.txt", "out.jsonl",
                                  {folder / "b.jsonl", folder / "c.text", "--input-format", "lines"});
  CHECK(embeddings_in(bytes) == vectors(texts));
  CHECK(json_lines(bytes)[3].at("id") == 3);
}

TEST_CASE_FIXTURE(EmbedJob, "standard input and output") {
  const std::string expected = embed(folder.write("in.txt", lines), "out.jsonl");
  CHECK(embed("-", "stdin.jsonl", {}, {lines}) == expected);
  const Finished finished = run_command({"embed", "-", "--model", model, "-o", "-"}, {lines});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == expected);
  embed("-", "stdin.npy", {"--input-format", "jsonl"}, {"{\"text\":\"Free?\"}\n"});
  CHECK(read_floats(folder / "stdin.npy", "x") == vectors({"Free?"}));
  CHECK(folder.names() == std::vector<std::string>{"in.txt", "out.jsonl", "stdin.jsonl", "stdin.npy"});
}

TEST_CASE_FIXTURE(EmbedJob, "options reach the encoder") {
  const fs::path input = folder.write("in.txt", lines);
  const auto check = [&](const Arguments& more, const EmbedOptions& options) {
    INFO(more[0]);
    embed(input, "out.npy", more);
    CHECK(read_floats(folder / "out.npy", "x") == vectors(texts, options));
    CHECK(read_floats(folder / "out.npy", "x") != vectors(texts));
  };
  check({"--prompt", "query: "}, {.prompt = "query: "});
  check({"--max-length", "4"}, {.max_length = 4});
  check({"--truncate-dim", "16"}, {.truncate_dim = 16});
  check({"--no-normalize"}, {.normalize = false});
  check({"--pooling", "max", "--normalize"}, {.pooling = {Pooling::max}, .normalize = true});
  check({"--pooling", "weightedmean"}, {.pooling = {Pooling::weighted_mean}});
  check({"--pooling", "cls"}, {.pooling = {Pooling::first}});
  check({"--pooling", "lasttoken"}, {.pooling = {Pooling::last}});
  check({"--pooling", "mean_sqrt_len", "--no-normalize"},
        {.pooling = {Pooling::mean_sqrt}, .normalize = false});
  const Finished none = run(input, "none.npy", {"--prompt-name", "nothing"});
  CHECK(none.exit_code == 1);
  check_contains(none.err, {"prompt_name is 'nothing'"});
  const Finished several = run(input, "several.npy", {"--pooling", "mean,max"});
  check_contains(several.err, {"256", "128"});  // the model's dense step takes 128
}

TEST_CASE_FIXTURE(EmbedJob, "--tokens: each token's vector before pooling, and where texts begin") {
  TokenBatch batch;
  for (const std::string& text : texts) encoder.append(batch, text);
  const auto rows = static_cast<std::int64_t>(batch.ids().size());
  Floats hidden(batch.ids().size() * 128);
  encoder.encode(engine, {batch.ids(), batch.types(), batch.offsets()}, {hidden.data(), rows, 128, 128});
  embed(folder.write("in.txt", lines), "out.safetensors", {"--tokens", "--token-budget", "10"});
  CHECK(shape_of(folder / "out.safetensors", "tokens") == Integers{rows, 128});
  CHECK(read_floats(folder / "out.safetensors", "tokens") == hidden);
  CHECK(read_integers(folder / "out.safetensors", "offsets") ==
        Integers(batch.offsets().begin(), batch.offsets().end()));
}

TEST_CASE_FIXTURE(EmbedJob, "the same bytes with any threads, token budget, memory and ISA") {
  const fs::path input = folder.write("in.txt", made_up_lines(20));
  for (const std::string output : {"out.npy", "out.safetensors"}) {
    const Arguments kind = output == "out.npy" ? Arguments{} : Arguments{"--tokens"};
    const std::string expected = embed(input, output, kind);
    const auto same = [&](Arguments more) {
      INFO(more.back());
      more.insert(more.end(), kind.begin(), kind.end());
      CHECK(embed(input, "again" + output.substr(3), more) == expected);
    };
    for (const std::string threads : {"1", "2", "5"}) same({"--threads", threads});
    for (const std::string budget : {"1", "100", "1000", "100000"}) same({"--token-budget", budget});
    for (const Isa isa : supported_isas()) same({"--isa", std::string(to_string(isa))});
    same({"--max-memory", "8M"});
  }
}

TEST_CASE_FIXTURE(EmbedJob, "no text, no vector") {
  const fs::path input = folder.write("in.txt", "");
  embed(input, "out.npy");
  CHECK(shape_of(folder / "out.npy", "x") == Integers{0, 128});
  embed(input, "out.safetensors", {"--tokens"});
  CHECK(read_integers(folder / "out.safetensors", "offsets") == Integers{0});
  CHECK(embed(input, "out.jsonl").empty());
}

TEST_CASE_FIXTURE(EmbedJob, "one summary line on stderr; progress where it is asked for") {
  const fs::path input = folder.write("in.txt", "one \xff two\n" + std::string(2000, 'x') + " y\n");
  const Finished finished = run(input, "out.npy", {"--threads", "2", "--isa", "scalar", "--max-length", "6"});
  CHECK(finished.out.empty());
  check_contains(finished.err, {"2 texts, ", " tokens, ", " truncated, 1 invalid part of UTF-8 replaced, ",
                                " s, ", " tokens/s (scalar, 2 threads)\n"});
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
  const Finished shown = run(input, "out.npy", {"--progress", "always"});
  check_contains(shown.err, {"in.txt: 0 %, 0 texts\n", "\n2 texts, "});
}

TEST_CASE_FIXTURE(EmbedJob, "lines that are no texts: the first is told, or each is left out") {
  const std::string good = "{\"text\":\"Free?\"}\n";
  const fs::path input =
      folder.write("in.jsonl", good + "{\"text\":\n" + good +
                                   "{\"tex\":\"x\"}\n{\"text\":3}\n{\"ids\":[1,12288]}\n{\"ids\":[]}\n" +
                                   "{\"ids\":[1],\"types\":[0,0]}\n{\"ids\":[1],\"types\":[2]}\n[]\n" + good);
  const Finished stopped = run(input, "out.jsonl");
  CHECK(stopped.exit_code == 1);
  check_contains(stopped.err, {"saccade: error: " + input.string() + ":2: ", "not valid JSON"});
  CHECK(folder.names() == std::vector<std::string>{"in.jsonl"});

  const Finished finished = run(input, "out.jsonl", {"--skip-bad"});
  CHECK(finished.exit_code == 0);
  for (const std::string what :
       {":2: the line is not valid JSON", ":4: there is no 'text'; expected it, or 'ids'",
        ":5: 'text' is 3; expected a text",
        ":6: 'ids' has 12288 as element 1; expected whole numbers from 0 to 12287",
        ":7: 'ids' has 0 elements; expected 1 to 254", ":8: 'types' has 2 elements; expected 1",
        ":9: ", ":10: the line is not a JSON object"})
    check_contains(finished.err, {"saccade: left out: " + input.string() + what});
  check_contains(finished.err, {"3 texts, ", "8 bad lines left out, "});
  const std::string bytes = read_bytes(folder / "out.jsonl");
  const Floats one = vectors({"Free?"});
  Floats expected = one;
  for (int i = 0; i < 2; ++i) expected.insert(expected.end(), one.begin(), one.end());
  CHECK(embeddings_in(bytes) == expected);
  CHECK(json_lines(bytes)[1].at("id") == 2);  // which text of the input it is
  CHECK(json_lines(bytes)[2].at("id") == 10);
}
