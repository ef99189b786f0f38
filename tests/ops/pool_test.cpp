#include "ops/pool.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "ops/each_engine.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/hash.hpp"
#include "reference/random.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

TEST_CASE("same bits: pooling of a ragged batch on any number of threads") {
  constexpr std::int64_t width = 530;
  const std::vector<std::int64_t> offsets = {0, 0, 1, 6, 6, 80};
  const std::vector<float> values = Random(4).values(80 * width);
  std::vector<float> mean, first;
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    const std::vector<float> x(values.begin() + offsets[s - 1] * width, values.begin() + offsets[s] * width);
    const std::size_t tokens = x.size() / static_cast<std::size_t>(width);
    const std::vector<float> pooled = contract::pool(x, width, std::vector<float>(tokens, 1.0f),
                                                     tokens == 0 ? 1.0f : static_cast<float>(tokens));
    mean.insert(mean.end(), pooled.begin(), pooled.end());
    const std::vector<float> none(static_cast<std::size_t>(width), 0.0f);
    first.insert(first.end(), tokens == 0 ? none.begin() : x.begin(),
                 tokens == 0 ? none.end() : x.begin() + width);
  }
  const std::uint64_t hash = hash_of(mean);
  CHECK(hash == 0x659ecabf1c364939);
  for_each_engine([&](Engine& engine) {
    GuardedMatrix out(5, width, width + 3, 1);
    const MatrixView view = {out.data(), 5, width, out.stride()};
    ops::pool(scheduler::context_of(engine), {values.data(), 80, width, width}, offsets, Pooling::mean, view);
    CHECK(difference(out.values(), mean) == "");
    ops::pool(scheduler::context_of(engine), {values.data(), 80, width, width}, offsets, Pooling::first,
              view);
    CHECK(difference(out.values(), first) == "");
    CHECK(out.guards_hold());
  });
}

TEST_CASE("tokens at the beginning may be left out; the others keep their positions") {
  const std::vector<float> x = Random(7).values(6 * 20);
  const std::vector<std::int64_t> offsets = {0, 1, 6};  // the first sequence has nothing left
  const std::vector<float> rest(x.begin() + 3 * 20, x.end());
  for_each_engine([&](Engine& engine) {
    GuardedMatrix out(2, 20, 20);
    const auto pool = [&](Pooling pooling) {
      ops::pool(scheduler::context_of(engine), {x.data(), 6, 20, 20}, offsets, pooling,
                {out.data(), 2, 20, 20}, 2);
      const std::vector<float> all = out.values();
      return std::vector<float>(all.begin() + 20, all.end());
    };
    CHECK(difference(pool(Pooling::mean), contract::pool(rest, 20, {1, 1, 1}, 3)) == "");
    CHECK(difference({out.data(), out.data() + 20}, std::vector<float>(20, 0.0f)) == "");
    CHECK(difference(pool(Pooling::weighted_mean), contract::pool(rest, 20, {3, 4, 5}, 12)) == "");
    CHECK(difference(pool(Pooling::first), {x.begin() + 20, x.begin() + 40}) == "");
  });
}

}  // namespace
}  // namespace saccade::test
