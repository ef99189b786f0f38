#include <doctest/doctest.h>

#include "ops/all_threads.hpp"
#include "ops/batch.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"

namespace saccade::test {
namespace {

Batch ragged() {
  Batch batch = {{5, 0, 130, 1, 600, 48}, 4, 12, 7};
  batch.fill(9, 2.0f);
  return batch;
}

/// A request with room of its own, a guard behind it.
struct Asked {
  std::vector<std::int32_t> heads;
  std::vector<float> room;
  ProbabilitiesRequest request;

  Asked(const Batch& batch, std::int64_t sequence, std::vector<std::int32_t> of_heads)
      : heads(std::move(of_heads)) {
    const std::int64_t length = batch.lengths[static_cast<std::size_t>(sequence)];
    const std::int64_t count = heads.empty() ? batch.heads : static_cast<std::int64_t>(heads.size());
    room.assign(static_cast<std::size_t>(count * length * length) + 1, -7.0f);
    request = {.sequence = sequence, .heads = heads, .out = {room.data(), room.size() - 1}};
  }
  Asked(Asked&&) = default;

  [[nodiscard]] std::vector<float> expected(const Batch& batch, const AttentionOptions& options) const {
    std::vector<std::int32_t> wanted = heads;
    for (std::int32_t h = 0; heads.empty() && h < batch.heads; ++h) wanted.push_back(h);
    std::vector<float> all;
    for (const std::int32_t h : wanted) {
      const std::vector<float> p =
          contract::attention(batch.head(static_cast<std::size_t>(request.sequence), h, options))
              .probabilities;
      all.insert(all.end(), p.begin(), p.end());
    }
    return all;
  }
  void check(const Batch& batch, const AttentionOptions& options) const {
    CHECK(difference({room.data(), room.size() - 1}, expected(batch, options)) == "");
    CHECK(room.back() == -7.0f);
  }
};

TEST_CASE("probabilities of chosen sequences and heads, in the order asked for") {
  const Batch batch = ragged();
  for (const int threads : {1, 3}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    for (const Window& window : {Window::full(), Window::causal(), Window{20, 3}}) {
      std::vector<Asked> asked;
      asked.emplace_back(batch, 0, std::vector<std::int32_t>{3, 1});
      asked.emplace_back(batch, 1, std::vector<std::int32_t>{});
      asked.emplace_back(batch, 2, std::vector<std::int32_t>{});
      asked.emplace_back(batch, 3, std::vector<std::int32_t>{2});
      asked.emplace_back(batch, 4, std::vector<std::int32_t>{0, 3});
      std::vector<ProbabilitiesRequest> requests;
      for (const Asked& one : asked) requests.push_back(one.request);
      const AttentionOptions options = {.scale = {}, .window = window, .probabilities = requests};
      const std::vector<float> with = attend(engine, batch, options);
      for (const Asked& one : asked) one.check(batch, options);
      const std::vector<float> without =
          attend(engine, batch, {.scale = {}, .window = window, .probabilities = {}});
      CHECK(difference(with, without) == "");
    }
  }
}

TEST_CASE("only what was asked for is written") {
  const Batch batch = ragged();
  Engine engine;
  Asked all(batch, 5, {});
  Asked one(batch, 5, {2});
  const auto ask = [&](const Asked& asked) {
    attend(engine, batch, {.scale = {}, .window = {}, .probabilities = {&asked.request, 1}});
  };
  ask(all);
  ask(one);
  const std::size_t map = 48 * 48;
  CHECK(difference({one.room.data(), map}, {all.room.data() + 2 * map, map}) == "");
}

// Tasks look at the rows of the next one, which has none here.
TEST_CASE("a sequence without queries may want a mean, behind a long one") {
  Batch batch = {{512, 0}, 4, 64, 64};
  batch.fill(3);
  const ProbabilitiesRequest mean = {.sequence = 1, .mean_over_heads = true};
  for (const int threads : {1, 2, 4}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    CHECK(attend(engine, batch, {.probabilities = {&mean, 1}}) == attend(engine, batch));
  }
}

}  // namespace
}  // namespace saccade::test
