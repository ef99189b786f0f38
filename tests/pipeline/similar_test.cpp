#include "saccade/similar.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

struct Fixture {
  TemporaryFolder folder;
  Engine engine;
  Encoder encoder = Encoder::load(engine, sample_model_path());
  std::vector<std::string> texts;
  std::vector<std::filesystem::path> inputs;

  Fixture() {
    std::string lines, records;
    for (int i = 0; i < 60; ++i) {
      texts.push_back("chapter " + std::to_string(i % 40) + " of the whale");  // some are there twice
      if (i < 30)
        lines += texts.back() + '\n';
      else
        records += R"({"title": ")" + texts.back() + "\"}\n";
    }
    inputs = {folder.write("a.txt", lines), folder.write("b.jsonl", records)};
  }

  /// Numbers of the texts, the closest first, by comparing with all of them.
  std::vector<std::size_t> ranking(const std::string& query, std::vector<double>& scores) const {
    Engine one;
    const std::vector<float> all = encoder.embed(one, std::span(texts)),
                             q = encoder.embed(one, std::span(&query, 1));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      double product = 0;
      for (std::size_t j = 0; j < 128; ++j)
        product += static_cast<double>(all[i * 128 + j]) * static_cast<double>(q[j]);
      scores.push_back(product);  // of vectors of length 1
    }
    std::vector<std::size_t> order(texts.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b] + 1e-12; });
    return order;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the closest texts of several files, as comparing with all of them gives") {
  const std::vector<std::string> queries = {"chapter 7 of the whale", "the sea"};
  const std::vector<float> vectors = encoder.embed(engine, std::span(queries));
  for (const std::int64_t budget : {0, 16}) {
    const SimilarOptions options = {.embed = {.token_budget = budget}, .field = "title", .count = 8};
    const auto found = find_similar(engine, encoder, {vectors.data(), 2, 128, 128}, inputs, options);
    REQUIRE(found.size() == 2);
    for (std::size_t q = 0; q < 2; ++q) {
      std::vector<double> scores;
      const std::vector<std::size_t> order = ranking(queries[q], scores);
      REQUIRE(found[q].size() == 8);
      for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t number = order[i];
        CHECK(found[q][i].text == texts[number]);
        CHECK(found[q][i].score == doctest::Approx(scores[number]).epsilon(1e-6));
        CHECK(found[q][i].input == inputs[number / 30]);
        CHECK(found[q][i].line == static_cast<std::int64_t>(number % 30) + 1);
      }
    }
    CHECK(found[0][0].score == doctest::Approx(1.0).epsilon(1e-6));  // the query itself, there twice
    CHECK(found[0][1].text == found[0][0].text);
  }
}

TEST_CASE_FIXTURE(Fixture, "fewer texts than asked for are all of them") {
  const std::vector<float> query(128, 0.1f);
  const auto found =
      find_similar(engine, encoder, {query.data(), 1, 128, 128}, inputs, {.field = "title", .count = 1000});
  CHECK(found[0].size() == texts.size());
  const std::vector<float> nothing(128, 0.0f);
  CHECK(
      find_similar(engine, encoder, {nothing.data(), 1, 128, 128}, inputs, {.field = "title"})[0][0].score ==
      0.0);
}

TEST_CASE_FIXTURE(Fixture, "what does not fit is refused") {
  const std::vector<float> query(128, 0.1f);
  const auto find = [&](std::int64_t columns, const SimilarOptions& options) {
    static_cast<void>(find_similar(engine, encoder, {query.data(), 1, columns, 128}, inputs, options));
  };
  expect_error(ErrorCode::invalid_argument, {"queries.columns is 64", "128"}, [&] { find(64, {}); });
  expect_error(ErrorCode::invalid_argument, {"count is 0"}, [&] { find(128, {.count = 0}); });
  expect_error(ErrorCode::file_format, {"b.jsonl:1", "text"}, [&] { find(128, {}); });
}

TEST_CASE("rows of a tensor in a file, read in pieces, are found as those in memory are") {
  constexpr std::int64_t width = 1 << 12, rows = 3000;  // 1.5 pieces
  const TemporaryFolder folder;
  std::vector<float> vectors(static_cast<std::size_t>(rows * width));
  for (std::size_t i = 0; i < vectors.size(); ++i)
    vectors[i] = static_cast<float>(i * i % 1000003) - 500000.0f;
  TensorFileWriter writer(folder / "v.npy", {{.name = "x", .shape = {rows, width}}});
  writer.append("x", vectors);
  writer.commit();
  Engine engine;
  const ConstMatrixView queries = {vectors.data() + 17 * width, 2, width, 1000 * width};
  const TensorFile file = TensorFile::open(folder / "v.npy");
  const auto in_file = find_similar_rows(engine, queries, file, "x", 20);
  const auto in_memory = find_similar_rows(engine, queries, {vectors.data(), rows, width, width}, 20);
  REQUIRE(in_file.size() == 2);
  for (std::size_t q = 0; q < 2; ++q) {
    REQUIRE(in_file[q].size() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
      CHECK(in_file[q][i].row == in_memory[q][i].row);
      CHECK(in_file[q][i].score == in_memory[q][i].score);
    }
  }
  CHECK(in_file[1][0].row == 1017);
}

TEST_CASE("a tensor that does not fit or is not finite is an error that names it") {
  const TemporaryFolder folder;
  const auto write = [&](std::vector<std::int64_t> shape, float last) {
    std::vector<float> values(24, 1.0f);
    values.back() = last;
    TensorFileWriter writer(folder / "v.safetensors", {{.name = "v", .shape = std::move(shape)}});
    writer.append("v", values);
    writer.commit();
  };
  Engine engine;
  const std::vector<float> query(8, 1.0f);
  const auto find = [&](std::stop_token stop = {}) {
    const TensorFile file = TensorFile::open(folder / "v.safetensors");
    return find_similar_rows(engine, {query.data(), 1, 8, 8}, file, "v", 3, std::move(stop));
  };
  write({3, 8}, 1.0f);
  CHECK(find()[0].size() == 3);
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::cancelled, {"after 0 vectors"}, [&] { static_cast<void>(find(stop.get_token())); });
  write({3, 8}, std::nanf(""));
  expect_error(ErrorCode::file_format, {"v.safetensors", "'v'", "row 2", "not finite"},
               [&] { static_cast<void>(find()); });
  write({2, 12}, 1.0f);
  expect_error(ErrorCode::file_format, {"'v'", "is [2, 12]; expected [rows, 8]"},
               [&] { static_cast<void>(find()); });
  write({24}, 1.0f);
  expect_error(ErrorCode::file_format, {"is [24]; expected [rows, 8]"}, [&] { static_cast<void>(find()); });
  write({1, 24}, 1.0f);
  expect_error(ErrorCode::file_format, {"has no tensor 'w'"}, [&] {
    static_cast<void>(find_similar_rows(engine, {query.data(), 1, 8, 8},
                                        TensorFile::open(folder / "v.safetensors"), "w", 3));
  });
}
