#include "ops/layer_norm.hpp"

#include <doctest/doctest.h>

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
      ops::layer_norm(scheduler::context_of(engine), view, {.gamma = gamma, .beta = beta}, view);
      CHECK(difference(x.values(), normed) == "");
      ops::normalize(scheduler::context_of(engine), view, view);
      CHECK(difference(x.values(), unit) == "");
      CHECK(x.guards_hold());
    });
  }
  CHECK(hash == 0x3a6970a9572d634e);
}

}  // namespace
}  // namespace saccade::test
