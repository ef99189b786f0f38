#include "ops/layer_norm.hpp"

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "ops/each_engine.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/hash.hpp"
#include "reference/random.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

TEST_CASE("same bits: layer_norm and normalize on any number of threads") {
  std::uint64_t hash = 0;
  for (const std::int64_t rows : {0, 1, 31, 32, 33, 200}) {
    constexpr std::int64_t width = 90;
    Random random(static_cast<std::uint64_t>(rows));
    const std::vector<float> values = random.values(rows * width, 3.0f), gamma = random.values(width),
                             beta = random.values(width);
    const std::vector<float> normed = contract::layer_norm(values, width, gamma, beta, 1e-12f),
                             unit = contract::normalize(normed, width);
    hash = hash_of(unit, hash_of(normed, hash));
    for_each_engine([&](Engine& engine) {
      GuardedMatrix x(rows, width, width + 7, 1);
      x.assign(values);
      const MatrixView view = {x.data(), rows, width, x.stride()};
      ops::layer_norm(engine.state(), view, {.gamma = gamma, .beta = beta}, view);
      CHECK(difference(x.values(), normed) == "");
      ops::normalize(engine.state(), view, view);
      CHECK(difference(x.values(), unit) == "");
      CHECK(x.guards_hold());
    });
  }
  CHECK(hash == 0x3a6970a9572d634e);
}

TEST_CASE("a layer norm whose shapes do not fit is refused before anything is written") {
  Engine engine;
  const std::vector<float> x(12, 1.0f), four(4, 1.0f), three(3, 1.0f);
  GuardedMatrix out(3, 4, 4);
  const auto expect = [&](std::initializer_list<std::string> parts, ConstMatrixView from,
                          const ops::LayerNormWeights& weights, std::int64_t rows = 3) {
    expect_error(ErrorCode::invalid_argument, parts, [&] {
      ops::layer_norm(engine.state(), from, weights, {out.data(), rows, 4, 4});
    });
    CHECK(out.untouched());
  };
  const ConstMatrixView whole = {x.data(), 3, 4, 4};
  expect({"gamma's size is 3", "4", "x.columns"}, whole, {.gamma = three});
  expect({"beta's size is 3", "4"}, whole, {.gamma = four, .beta = three});
  expect({"out.rows is 2", "3"}, whole, {.gamma = four}, 2);
  expect({"out.columns is 4", "3"}, {x.data(), 3, 3, 4}, {.gamma = three});
  expect({"x.row_stride is 3", "4"}, {x.data(), 3, 4, 3}, {.gamma = four});
  expect({"x.data is null"}, {nullptr, 3, 4, 4}, {.gamma = four});
  constexpr std::int64_t wide = std::int64_t{1} << 24;
  expect_error(ErrorCode::invalid_argument, {"x.columns is 16777216", "less than 16777216"}, [&] {
    ops::normalize(engine.state(), {x.data(), 1, wide, wide}, {out.data(), 1, wide, wide});
  });
}

}  // namespace
}  // namespace saccade::test
