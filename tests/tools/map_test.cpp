// `saccade map`: its numbers, in each format that has them.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "fixtures/expect_error.hpp"
#include "saccade/isa.hpp"
#include "tools/map_file.hpp"
#include "tools/stored_tensor.hpp"

namespace saccade::test {
namespace {

/// Where it stands in the text, [CLS] being at 0.
constexpr std::int64_t its = 9;

double row_sum(const MapNumbers& map, std::int64_t layer, std::int64_t head, std::int64_t query) {
  double sum = 0;
  for (std::int64_t key = 0; key < map.size(3); ++key) sum += map.at(layer, head, query, key);
  return sum;
}

Finished fails(Arguments arguments) {
  arguments.insert(arguments.begin(), "map");
  Finished finished = run_command(arguments);
  CHECK(finished.exit_code != 0);
  CHECK(finished.out.empty());
  return finished;
}

}  // namespace

TEST_CASE("every layer, head and token has a row of probabilities") {
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {law});
  const nlohmann::json json = json_of(folder, {law});
  CHECK(map.array.shape == std::vector<std::int64_t>{4, 4, 16, 16});
  CHECK(json.at("tokens").size() == 16);
  CHECK(json.at("tokens").at(its) == "its");
  CHECK(json.at("layers").at(3) == "layer 3");
  CHECK(json.at("heads").at(2) == "head 2");
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    for (std::int64_t query = 0; query < 16; ++query) {
      CHECK(row_sum(map, layer, 1, query) == doctest::Approx(1).epsilon(1e-5));
      for (std::int64_t key = 0; key < 16; ++key) {
        const float in_json = json.at("probabilities").at(layer).at(1).at(query).at(key);
        CHECK(static_cast<double>(in_json) == map.at(layer, 1, query, key));  // the bits
      }
    }
  }
}

TEST_CASE("a layer, a head, a token: the same numbers as in the whole") {
  const TemporaryFolder folder;
  const MapNumbers whole = numbers_of(folder, {law});
  const MapNumbers row = numbers_of(folder, {law, "--layer", "2", "--head", "1", "--token", "its"});
  const MapNumbers mean = numbers_of(folder, {law, "--layer", "2", "--head", "mean"});
  REQUIRE(row.array.shape == std::vector<std::int64_t>{1, 1, 1, 16});
  REQUIRE(mean.array.shape == std::vector<std::int64_t>{1, 1, 16, 16});
  for (std::int64_t key = 0; key < 16; ++key) {
    CHECK(row.at(0, 0, 0, key) == whole.at(2, 1, its, key));
    double sum = 0;
    for (std::int64_t head = 0; head < 4; ++head) sum += whole.at(2, head, its, key);
    CHECK(mean.at(0, 0, its, key) == doctest::Approx(sum / 4).epsilon(1e-6));
  }
}

TEST_CASE("tokens are found by text, in any case, by number among equal ones, and by position") {
  const TemporaryFolder folder;
  const auto position = [&](const std::string& token) {
    return json_of(folder, {"Be just, be kind: to be", "--layer", "0", "--token", token}).at("queries").at(0);
  };
  CHECK(position("be") == 1);
  CHECK(position("Be") == 1);
  CHECK(position("be:2") == 4);
  CHECK(position("BE:3") == 8);
  CHECK(position(":") == 6);
  CHECK(position("[SEP]") == 9);
  CHECK(position("#3") == 3);
  for (const std::string token : {"nothing", "be:4", "#10", "#-1"})
    check_contains(fails({"Be just, be kind: to be", "--token", token}).err,
                   {"no token '" + token + "'", "#1 be", "#5 kind"});
}

TEST_CASE("a pair of texts, a file, and the standard input") {
  const TemporaryFolder folder;
  const nlohmann::json pair = json_of(folder, {"the law", "it is just", "--layer", "0", "--head", "0"});
  CHECK(pair.at("tokens") == nlohmann::json({"[CLS]", "the", "law", "[SEP]", "it", "is", "just", "[SEP]"}));
  const nlohmann::json file = json_of(folder, {"--file", folder.write("text", "the law\n"), "--layer", "0"});
  CHECK(file.at("tokens") == nlohmann::json({"[CLS]", "the", "law", "[SEP]"}));
  CHECK(json_of(folder, {"--file", folder.write("lines", "the\nlaw\tis"), "--layer", "0"}).at("text") ==
        "the law is");
  for (const Arguments& from_stdin : {Arguments{}, Arguments{"--file", "-"}}) {
    Arguments arguments = {"map", "--layer", "0", "--head", "1", "-o", folder / "stdin.json"};
    arguments.insert(arguments.end(), from_stdin.begin(), from_stdin.end());
    REQUIRE(run_command(arguments, {.input = "the law\n"}).exit_code == 0);
    CHECK(read_bytes(folder / "stdin.json") ==
          bytes_of(folder, {"the law", "--layer", "0", "--head", "1"}, "json"));
  }
}

TEST_CASE("the most attended keys of every token are those of the whole, without the whole") {
  const TemporaryFolder folder;
  const MapNumbers whole = numbers_of(folder, {law});
  const nlohmann::json top = json_of(folder, {law, "--top", "3"});
  for (std::int64_t query = 0; query < 16; ++query) {
    std::vector<std::int64_t> order(16);
    for (std::int64_t key = 0; key < 16; ++key) order[static_cast<std::size_t>(key)] = key;
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return whole.at(3, 2, query, a) > whole.at(3, 2, query, b);
    });
    for (std::int64_t i = 0; i < 3; ++i) {
      const std::int64_t key = order[static_cast<std::size_t>(i)];
      CHECK(top.at("keys").at(3).at(2).at(query).at(i) == key);
      const float probability = top.at("probabilities").at(3).at(2).at(query).at(i);
      CHECK(static_cast<double>(probability) == whole.at(3, 2, query, key));
    }
  }
  const nlohmann::json of_head = json_of(folder, {law, "--top", "3", "--head", "2"});
  for (std::size_t layer = 0; layer < 4; ++layer) {
    CHECK(of_head.at("keys").at(layer).at(0) == top.at("keys").at(layer).at(2));
    CHECK(of_head.at("probabilities").at(layer).at(0) == top.at("probabilities").at(layer).at(2));
  }
  const nlohmann::json of_token = json_of(folder, {law, "--top", "3", "--token", "its"});
  CHECK(of_token.at("keys").at(3).at(2).at(0) == top.at("keys").at(3).at(2).at(its));
}

TEST_CASE("of a file with NaN, the most attended keys are the numbers") {
  const TemporaryFolder folder;
  const auto from =
      write_tensors(folder / "nan.safetensors",
                    {floats("probabilities_0", {1, 2, 3}, {0.25f, std::nanf(""), 0.75f, 0.5f, 0.5f, 0.0f})});
  const nlohmann::json top = json_of(folder, {"--from", from, "--top", "3"});
  CHECK(top.at("keys").at(0).at(0) == nlohmann::json({{2, 0, -1}, {0, 1, 2}}));
  CHECK(top.at("probabilities").at(0).at(0) == nlohmann::json({{0.75, 0.25, 0}, {0.5, 0.5, 0}}));
}

TEST_CASE("a map that was written is read again") {
  const TemporaryFolder folder, out;
  run_map({law, "-o", folder / "map.npz"});
  const std::string again = bytes_of(folder, {"--from", folder / "map.npz"}, "npy");
  CHECK(again == bytes_of(folder, {law}, "npy"));
  // As `saccade run --rows 9,10` has them: rows of chosen tokens.
  const MapNumbers row = numbers_of(folder, {law, "--token", "its", "--layer", "1"});
  const MapNumbers read = numbers_of(out, {"--from", folder / "map.npy", "--rows", "9", "--token", "#9"});
  CHECK(read.array.bytes == row.array.bytes);
  check_contains(fails({"--from", folder / "map.npy", "--token", "#3"}).err,
                 {"no row", "position 3", "--rows"});
  check_contains(fails({"--from", folder / "map.npy", "--rows", "1,2"}).err, {"1 query row", "16 keys"});
}

TEST_CASE("files have the same bytes on every run and instruction set") {
  const TemporaryFolder folder;
  for (const std::string extension : {"svg", "html", "json", "npy"}) {
    INFO(extension);
    const std::string expected = bytes_of(folder, {law, "--isa", "scalar", "--threads", "1"}, extension);
    for (const Isa isa : supported_isas())
      CHECK(bytes_of(folder, {law, "--isa", std::string(to_string(isa))}, extension) == expected);
  }
}

TEST_CASE("--accumulate fp64: nearly the same numbers, from any instruction set") {
  const TemporaryFolder folder;
  const MapNumbers in_fp32 = numbers_of(folder, {law}),
                   in_fp64 = numbers_of(folder, {law, "--accumulate", "fp64"}),
                   again = numbers_of(folder, {law, "--accumulate", "fp64", "--isa", "scalar"});
  CHECK(in_fp64.array.bytes == again.array.bytes);
  CHECK(in_fp64.array.bytes != in_fp32.array.bytes);
  for (std::int64_t key = 0; key < 16; ++key)
    CHECK(in_fp64.at(2, 1, its, key) == doctest::Approx(in_fp32.at(2, 1, its, key)).epsilon(1e-3));
  check_contains(fails({law, "--accumulate", "f64"}).err, {"--accumulate", "f64", "fp32", "fp64"});
}

TEST_CASE("as text: bars of one token, a matrix, lines; colours only when they are asked for") {
  const std::string bars = run_map({law, "--token", "its"}).out;
  check_contains(bars,
                 {"\"its\" (token 9) attends to", "mean of 4 layers x 4 heads", " %", "█", " in layer "});
  CHECK(bars.find('\x1b') == std::string::npos);
  CHECK(run_map({law, "--token", "its", "--colour", "always"}).out.find("\x1b[") != std::string::npos);
  check_contains(run_map({law, "--layer", "0", "--head", "1"}).out, {"layer 0, head 1", "application", "░"});
  check_contains(run_map({law, "--layer", "0", "--head", "1", "--top", "2"}).out,
                 {"layer 0, head 1", "its", "%"});
}

TEST_CASE("rollout: the product of the layers' means, each with the identity") {
  const TemporaryFolder folder;
  const MapNumbers whole = numbers_of(folder, {law});
  const std::int64_t n = 16;
  std::vector<std::vector<double>> through(n, std::vector<double>(n));
  for (std::int64_t i = 0; i < n; ++i) through[static_cast<std::size_t>(i)][static_cast<std::size_t>(i)] = 1;
  for (std::int64_t layer = 0; layer < 3; ++layer) {
    auto next = through;
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < n; ++k) {
          double mean = 0;
          for (std::int64_t head = 0; head < 4; ++head) mean += whole.at(layer, head, i, k) / 4;
          sum += (mean + (i == k ? 1 : 0)) / 2 *
                 through[static_cast<std::size_t>(k)][static_cast<std::size_t>(j)];
        }
        next[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = sum;
      }
    }
    through = next;
  }
  const MapNumbers rollout = numbers_of(folder, {law, "--rollout", "--layer", "2"});
  REQUIRE(rollout.array.shape == std::vector<std::int64_t>{1, 1, n, n});
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      CHECK(rollout.at(0, 0, i, j) ==
            doctest::Approx(through[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]).epsilon(1e-5));
}

TEST_CASE("statistics of each head, as their definitions say") {
  const TemporaryFolder folder;
  const MapNumbers whole = numbers_of(folder, {law});
  const nlohmann::json all = json_of(folder, {law, "--stats"});
  REQUIRE(all.size() == 16);
  const nlohmann::json& head = all.at(6);  // layer 1, head 2
  CHECK(head.at("name") == "layer 1, head 2");
  double entropy = 0, distance = 0, cls = 0, sep = 0, itself = 0, previous = 0, next = 0;
  for (std::int64_t i = 0; i < 16; ++i) {
    for (std::int64_t j = 0; j < 16; ++j) {
      const double p = whole.at(1, 2, i, j) / 16;
      entropy -= p * std::log2(p * 16);
      distance += p * static_cast<double>(std::abs(i - j));
      if (j == 0) cls += p;
      if (j == 15) sep += p;
      if (j == i) itself += p;
      if (j == i - 1) previous += p;
      if (j == i + 1) next += p;
    }
  }
  CHECK(head.at("entropy").get<double>() == doctest::Approx(entropy));
  CHECK(head.at("distance").get<double>() == doctest::Approx(distance));
  CHECK(head.at("cls").get<double>() == doctest::Approx(cls));
  CHECK(head.at("sep").get<double>() == doctest::Approx(sep));
  CHECK(head.at("itself").get<double>() == doctest::Approx(itself));
  CHECK(head.at("previous").get<double>() == doctest::Approx(previous));
  CHECK(head.at("next").get<double>() == doctest::Approx(next));
  check_contains(run_map({law, "--stats"}).out, {"entropy", "[CLS]", "layer 3, head 3"});
}

}  // namespace saccade::test
