#include "ops/similarity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fixtures/expect_error.hpp"
#include "ops/each_engine.hpp"
#include "reference/hash.hpp"
#include "reference/random.hpp"
#include "saccade/error.hpp"

namespace saccade::test {
namespace {

ConstMatrixView view_of(const std::vector<float>& values, std::int64_t width) {
  return {values.data(), static_cast<std::int64_t>(values.size()) / width, width, width};
}

double cosine(const float* a, const float* b, std::int64_t width) {
  double ab = 0, aa = 0, bb = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa == 0 || bb == 0 ? 0 : ab / std::sqrt(aa) / std::sqrt(bb);
}

/// The cosines of all rows with one query, and the rows by descending cosine.
struct Ranking {
  std::vector<double> cosines;
  std::vector<std::int64_t> rows;

  Ranking(const float* query, ConstMatrixView vectors) : rows(static_cast<std::size_t>(vectors.rows)) {
    for (std::int64_t i = 0; i < vectors.rows; ++i)
      cosines.push_back(cosine(query, vectors.data + i * vectors.row_stride, vectors.columns));
    std::iota(rows.begin(), rows.end(), 0);
    std::stable_sort(rows.begin(), rows.end(), [&](std::int64_t a, std::int64_t b) {
      return cosines[static_cast<std::size_t>(a)] > cosines[static_cast<std::size_t>(b)];
    });
  }
};

void check_best(const std::vector<SimilarRow>& found, const Ranking& expected, std::size_t count) {
  REQUIRE(found.size() == std::min(count, expected.rows.size()));
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Rows whose cosines differ by less than fp32 resolves may change places: compare scores, not numbers.
    CHECK(std::abs(static_cast<double>(found[i].score) -
                   expected.cosines[static_cast<std::size_t>(expected.rows[i])]) < 1e-6);
    CHECK(std::abs(static_cast<double>(found[i].score) -
                   expected.cosines[static_cast<std::size_t>(found[i].row)]) < 1e-6);
  }
}

using Found = std::vector<std::vector<SimilarRow>>;

/// The best `count` rows, added in batches of `batch` rows.
Found search(Engine& engine, ConstMatrixView queries, ConstMatrixView vectors, std::int64_t count,
             std::int64_t batch = INT64_MAX) {
  ops::SimilaritySearch search(scheduler::context_of(engine), queries, count);
  for (std::int64_t first = 0; first < vectors.rows; first += std::min(batch, vectors.rows - first)) {
    const ConstMatrixView rows = {vectors.data + first * vectors.row_stride,
                                  std::min(batch, vectors.rows - first), vectors.columns, vectors.row_stride};
    CHECK_FALSE(search.add(rows, first));
  }
  return search.best();
}

std::uint64_t hash_of_found(const Found& found) {
  std::vector<float> values;
  for (const auto& rows : found) {
    for (const SimilarRow& row : rows) values.insert(values.end(), {row.score, static_cast<float>(row.row)});
  }
  return hash_of(values);
}

TEST_CASE("the best rows by cosine in double precision") {
  Engine engine({.threads = 3, .isa = {}});
  for (const std::int64_t width : {1, 7, 16, 100, 384}) {
    for (const std::int64_t rows : {0, 1, 143, 144, 145, 700}) {
      for (const std::int64_t queries : {1, 17, 300}) {
        CAPTURE(width);
        CAPTURE(rows);
        CAPTURE(queries);
        Random random(static_cast<std::uint64_t>(width + rows + queries));
        const std::vector<float> q = random.values(queries * width, 8.0f),
                                 v = random.values(rows * width, 0.01f);
        const Found found = search(engine, view_of(q, width), view_of(v, width), 10);
        REQUIRE(found.size() == static_cast<std::size_t>(queries));
        for (std::int64_t i = 0; i < queries; i += 7)
          check_best(found[static_cast<std::size_t>(i)], {q.data() + i * width, view_of(v, width)}, 10);
      }
    }
  }
}

TEST_CASE("same bits: similar rows on every ISA, for any number of threads and any batches") {
  constexpr std::int64_t width = 65, rows = 1000, queries = 19;
  Random random(2026);
  const std::vector<float> q = random.values(queries * width), v = random.values(rows * width);
  for_each_engine([&](Engine& engine) {
    for (const std::int64_t batch : {rows, std::int64_t{333}, std::int64_t{1}}) {
      if (batch == 1 && engine.isa() == Isa::scalar) continue;
      CHECK(hash_of_found(search(engine, view_of(q, width), view_of(v, width), 20, batch)) ==
            0x7d4d45ee19dad914);
    }
  });
}

TEST_CASE("rows of equal scores rank by their number, also where not all are kept") {
  constexpr std::int64_t width = 32, rows = 2000;
  Random random(1);
  const std::vector<float> one = random.values(width);
  std::vector<float> v;
  for (std::int64_t i = 0; i < rows; ++i) {
    const float factor = i % 3 == 0   ? 1.0f
                         : i % 3 == 1 ? 2.0f
                                      : -0.5f;  // exact: the same direction, or the opposite
    for (const float x : one) v.push_back(factor * x);
  }
  for (const int threads : {1, 2, 4}) {
    Engine engine({.threads = threads, .isa = {}});
    const Found found = search(engine, view_of(one, width), view_of(v, width), 100);
    std::int64_t expected = 0;
    for (const SimilarRow& row : found[0]) {
      CHECK(row.row == expected);
      CHECK(row.score == found[0][0].score);
      expected += expected % 3 == 0 ? 1 : 2;
    }
    CHECK(search(engine, view_of(one, width), view_of(v, width), rows)[0].back().row == 1997);
  }
}

TEST_CASE("vectors of any magnitude have the scores of their directions") {
  constexpr std::int64_t width = 24;
  Engine engine;
  Random random(3);
  const std::vector<float> q = random.values(width), direction = random.values(width);
  const float expected = search(engine, view_of(q, width), view_of(direction, width), 1)[0][0].score;
  for (const float factor : {0x1p126f, 0x1p70f, 0x1p-70f, 0x1p-100f}) {
    std::vector<float> scaled = direction;
    for (float& x : scaled) x *= factor;
    CHECK(search(engine, view_of(q, width), view_of(scaled, width), 1)[0][0].score == expected);
    CHECK(search(engine, view_of(scaled, width), view_of(q, width), 1)[0][0].score == expected);
  }
  const float least = std::numeric_limits<float>::denorm_min(), largest = std::numeric_limits<float>::max();
  for (const float value : {least, 3 * least, largest}) {
    const std::vector<float> x(width, value), y(width, -1.0f);
    CHECK(search(engine, view_of(y, width), view_of(x, width), 1)[0][0].score == doctest::Approx(-1.0f));
  }
}

TEST_CASE("a zero vector has score 0, whether query or row") {
  Engine engine;
  const std::vector<float> zero(40, 0.0f), one(40, 1.0f);
  CHECK(search(engine, view_of(zero, 40), view_of(one, 40), 1)[0][0].score == 0.0f);
  CHECK(search(engine, view_of(one, 40), view_of(zero, 40), 1)[0][0].score == 0.0f);
}

TEST_CASE("scores stay within -1 and 1") {
  Engine engine;
  Random random(5);
  const std::vector<float> v = random.values(500 * 33);
  for (const std::vector<SimilarRow>& rows : search(engine, view_of(v, 33), view_of(v, 33), 500)) {
    CHECK(rows.front().score <= 1.0f);
    CHECK(rows.front().score > 0.999999f);
    CHECK(rows.back().score >= -1.0f);
  }
}

TEST_CASE("the first row that is not finite is found, by any number of threads") {
  constexpr std::int64_t width = 16, rows = 900;
  Random random(7);
  const std::vector<float> q = random.values(width), good = random.values(rows * width);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const int threads : {1, 3}) {
      Engine engine({.threads = threads, .isa = {}});
      std::vector<float> v = good;
      v[static_cast<std::size_t>(800 * width)] = bad;
      v[static_cast<std::size_t>(501 * width + 15)] = bad;
      ops::SimilaritySearch search(scheduler::context_of(engine), view_of(q, width), 5);
      CHECK(search.add(view_of(v, width), 0) == 501);
    }
  }
}

TEST_CASE("rows may be further apart than they are wide") {
  Engine engine;
  Random random(9);
  const std::vector<float> v = random.values(300 * 20), q = random.values(2 * 30);
  const ConstMatrixView narrow = {v.data(), 300, 13, 20}, queries = {q.data(), 2, 13, 30};
  const Found found = search(engine, queries, narrow, 4);
  check_best(found[0], {q.data(), narrow}, 4);
  check_best(found[1], {q.data() + 30, narrow}, 4);
}

TEST_CASE("arguments of a search for similar rows are checked") {
  Engine engine;
  const std::vector<float> v(40, 1.0f);
  const auto find = [&](ConstMatrixView queries, ConstMatrixView vectors, std::int64_t count) {
    return [&engine, queries, vectors, count] {
      static_cast<void>(find_similar_rows(engine, queries, vectors, count));
    };
  };
  const ErrorCode code = ErrorCode::invalid_argument;
  expect_error(code, {"count is 0"}, find(view_of(v, 10), view_of(v, 10), 0));
  expect_error(code, {"vectors.columns is 8", "queries.columns"}, find(view_of(v, 10), view_of(v, 8), 1));
  expect_error(code, {"queries.columns is 0"}, find({v.data(), 1, 0, 0}, view_of(v, 8), 1));
  expect_error(code, {"queries"}, find({nullptr, 1, 10, 10}, view_of(v, 10), 1));
  expect_error(code, {"vectors"}, find(view_of(v, 10), {v.data(), 4, 10, 9}, 1));
  std::vector<float> bad = v;
  bad[25] = std::numeric_limits<float>::quiet_NaN();
  expect_error(code, {"queries[2]", "not finite"}, find(view_of(bad, 10), view_of(v, 10), 1));
  expect_error(code, {"vectors[2]", "not finite"}, find(view_of(v, 10), view_of(bad, 10), 1));
  CHECK(find_similar_rows(engine, {nullptr, 0, 10, 10}, view_of(v, 10), 1).empty());
}

}  // namespace
}  // namespace saccade::test
