#include <doctest/doctest.h>

#include <functional>

#include "fixtures/expect_error.hpp"
#include "ops/batch.hpp"

namespace saccade::test {
namespace {

Batch small() {
  Batch batch = {{3, 4}, 2, 5, 6};
  batch.fill(1);
  return batch;
}

using Change = std::function<void(AttentionTensors&, AttentionOptions&)>;

/// A valid call with a change must be an error whose message has all of `parts`, before anything is written.
void expect(std::initializer_list<std::string> parts, const Change& change) {
  Engine engine;
  const BatchTensors memory(small());
  AttentionTensors tensors = memory.tensors();
  AttentionOptions options;
  change(tensors, options);
  expect_error(ErrorCode::invalid_argument, parts, [&] { attention(engine, tensors, options); });
  expect_error(ErrorCode::invalid_argument, parts,
               [&] { static_cast<void>(attention_workspace(engine, tensors, options)); });
  CHECK(memory.untouched());
}

TEST_CASE("views that disagree are named with both numbers") {
  expect({"k.tokens is 6", "7", "q.tokens"}, [](auto& t, auto&) { t.k.tokens = 6; });
  expect({"v.tokens is 8", "7"}, [](auto& t, auto&) { t.v.tokens = 8; });
  expect({"out.tokens is 5", "7"}, [](auto& t, auto&) { t.out.tokens = 5; });
  expect({"v.heads is 2", "1", "k.heads"}, [](auto& t, auto&) { t.k.heads = 1; });
  expect({"q.heads is 2", "multiple of k.heads = 3"}, [](auto& t, auto&) { t.k.heads = t.v.heads = 3; });
  expect({"v.heads is 3", "2"}, [](auto& t, auto&) { t.v.heads = 3; });
  expect({"out.heads is 1", "2"}, [](auto& t, auto&) { t.out.heads = 1; });
  expect({"k.head_dim is 4", "5", "q.head_dim"}, [](auto& t, auto&) { t.k.head_dim = 4; });
  expect({"out.head_dim is 5", "6", "v.head_dim"}, [](auto& t, auto&) { t.out.head_dim = 5; });
}

TEST_CASE("an output whose vectors lie over one another is refused") {
  expect({"out has strides of 0"}, [](auto& t, auto&) { t.out.token_stride = 0; });
  expect({"out has strides", "vectors of 6"}, [](auto& t, auto&) { t.out.head_stride = 5; });
}

TEST_CASE("views that cannot be are named") {
  expect({"q has 7 tokens", "more than memory"},
         [](auto& t, auto&) { t.q.head_dim = std::int64_t{1} << 60; });
  expect({"q.tokens", "-1"}, [](auto& t, auto&) { t.q.tokens = -1; });
  expect({"q.heads is 0", "1 or more"}, [](auto& t, auto&) { t.q.heads = 0; });
  expect({"v.head_dim is 0", "1 or more"}, [](auto& t, auto&) { t.v.head_dim = 0; });
  expect({"q.data is null"}, [](auto& t, auto&) { t.q.data = nullptr; });
  expect({"k.data is null"}, [](auto& t, auto&) { t.k.data = nullptr; });
  expect({"v.data is null"}, [](auto& t, auto&) { t.v.data = nullptr; });
  expect({"out.data is null"}, [](auto& t, auto&) { t.out.data = nullptr; });
  expect({"k.token_stride", "-10"}, [](auto& t, auto&) { t.k.token_stride = -10; });
  expect({"out.head_stride", "-6"}, [](auto& t, auto&) { t.out.head_stride = -6; });
  expect({"q has 7 vectors", "more than memory"}, [](auto& t, auto&) { t.q.token_stride = unlimited / 5; });
}

TEST_CASE("offsets must ascend from 0 to the tokens") {
  using Values = std::vector<std::int64_t>;
  const auto expect_bad = [](const Values& offsets, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto& t, auto&) { t.offsets = offsets; });
  };
  expect_bad({}, {"offsets are empty"});
  expect_bad({1, 7}, {"offsets[0] is 1", "expected 0"});
  expect_bad({-1, 7}, {"offsets[0] is -1"});
  expect_bad({0, 5, 3, 7}, {"offsets[2] is 3", "offsets[1] = 5"});
  expect_bad({0, 3, 6}, {"end at 6", "7"});
  expect_bad({0, 3, 8}, {"end at 8", "7"});
  expect_bad({0}, {"end at 0", "7"});
}

TEST_CASE("a window reaches 0 or more to either side") {
  expect({"window.left is -1"}, [](auto&, auto& o) { o.window.left = -1; });
  expect({"window.right is -2"}, [](auto&, auto& o) { o.window.right = -2; });
}

TEST_CASE("probabilities are of sequences and heads that exist, each once, and have room") {
  std::vector<float> room(100, 5.0f);
  const auto expect_bad = [&](const std::vector<ProbabilitiesRequest>& requests,
                              std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) { o.probabilities = requests; });
    for (const float x : room) CHECK(x == 5.0f);
  };
  const auto request = [&](std::int64_t sequence, std::span<const std::int32_t> heads, std::size_t size) {
    return ProbabilitiesRequest{.sequence = sequence, .heads = heads, .out = {room.data(), size}};
  };
  const std::vector<std::int32_t> none = {}, third = {2}, negative = {-1}, twice = {1, 0, 1}, one = {1};
  expect_bad({request(2, none, 100)}, {"probabilities[0]", "sequence 2 of 2"});
  expect_bad({request(-1, none, 100)}, {"sequence -1 of 2"});
  expect_bad({request(0, third, 100)}, {"head 2 of 2"});
  expect_bad({request(0, negative, 100)}, {"head -1 of 2"});
  expect_bad({request(0, twice, 100)}, {"head 1", "twice"});
  expect_bad({request(0, none, 17)}, {"room for 17", "2 heads x 3 queries x 3 keys"});
  expect_bad({request(1, one, 15)}, {"room for 15", "1 heads x 4 queries x 4 keys"});
  expect_bad({request(1, none, 100), request(0, none, 100)}, {"probabilities[1]", "ascending"});
  expect_bad({request(1, none, 100), request(1, none, 100)}, {"probabilities[1]", "once"});
}

TEST_CASE("a valid call still works after errors") {
  Engine engine;
  const BatchTensors memory(small());
  AttentionTensors wrong = memory.tensors();
  wrong.k.heads = 1;
  CHECK_THROWS_AS(attention(engine, wrong), Error);
  CHECK_NOTHROW(attention(engine, memory.tensors()));
  CHECK_FALSE(memory.untouched());
}

}  // namespace
}  // namespace saccade::test
