#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "fixtures/expect_error.hpp"
#include "ops/all_threads.hpp"
#include "ops/batch.hpp"
#include "saccade/kv_cache.hpp"

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

constexpr std::int64_t huge = std::int64_t{1} << 60;

TEST_CASE("storage that does not hold numbers is refused") {
  expect({"q is stored as i32", "f32, f16 or bf16"}, [](auto& t, auto&) { t.q.type = StorageType::i32; });
  expect({"k is stored as f64"}, [](auto& t, auto&) { t.k.type = StorageType::f64; });
  expect({"v is stored as u8"}, [](auto& t, auto&) { t.v.type = StorageType::u8; });
  expect({"out is stored as i64"}, [](auto& t, auto&) { t.out.type = StorageType::i64; });
}

TEST_CASE("sequences of a stride's distance do not run into one another") {
  expect({"out.sequence_stride is 47", "48 elements"}, [](auto& t, auto&) { t.out.sequence_stride = 47; });
  expect({"q.sequence_stride is -1"}, [](auto& t, auto&) { t.q.sequence_stride = -1; });
  expect({"out has strides", "vectors of 6"}, [](auto& t, auto&) {
    t.out.sequence_stride = 1000;
    t.out.token_stride = 11;
  });
}

TEST_CASE("keys have offsets of their own, one for each sequence") {
  const std::vector<std::int64_t> short_one = {0, 7}, wrong_end = {0, 3, 6}, falling = {0, 9, 7};
  expect({"key_offsets have 2 values", "3"}, [&](auto& t, auto&) { t.key_offsets = short_one; });
  expect({"end at 6", "7"}, [&](auto& t, auto&) { t.key_offsets = wrong_end; });
  expect({"offsets[2] is 7", "offsets[1] = 9"}, [&](auto& t, auto&) { t.key_offsets = falling; });
}

TEST_CASE("positions are one for each sequence, and within reach") {
  using Values = std::vector<std::int64_t>;
  const auto first_queries = [](const Values& values, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) { o.first_query_positions = values; });
  };
  const auto first_keys = [](const Values& values, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) { o.first_key_positions = values; });
  };
  first_queries({1}, {"first_query_positions has 1 values", "2"});
  first_queries({0, huge}, {"first_query_positions[1] is 1152921504606846976"});
  first_queries({-huge, 0}, {"first_query_positions[0] is -1152921504606846976"});
  first_keys({0, 0, 0}, {"first_key_positions has 3 values", "2"});
  first_keys({0, 8}, {"first_key_positions[1] is 8", "multiple of 16"});
  first_keys({-16, 0}, {"first_key_positions[0] is -16"});
  first_keys({0, huge}, {"first_key_positions[1] is 1152921504606846976"});
}

TEST_CASE("keys that count are some of the sequence's") {
  using Values = std::vector<std::int64_t>;
  const auto expect_bad = [](const Values& counts, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) { o.key_counts = counts; });
  };
  expect_bad({3}, {"key_counts has 1 values", "2"});
  expect_bad({4, 4}, {"key_counts[0] is 4", "0 to 3"});
  expect_bad({3, -1}, {"key_counts[1] is -1", "0 to 4"});
}

TEST_CASE("a softcap is a finite positive number") {
  for (const float bad : {-1.0f, NAN, HUGE_VALF, -HUGE_VALF, 1e-39f})
    expect({"softcap is", "finite positive"}, [&](auto&, auto& o) { o.softcap = bad; });
}

TEST_CASE("masks and biases have no negative sizes, and biases are numbers") {
  const std::vector<std::uint8_t> mask(100, 1);
  const std::vector<float> bias(100, 0.0f);
  const auto bad_mask = [&](std::int64_t MaskView::*member, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) {
      o.mask.data = mask.data();
      o.mask.*member = -3;
    });
  };
  bad_mask(&MaskView::keys, {"mask.keys is -3"});
  expect({"mask has 7 vectors", "more than memory can hold"},
         [&](auto&, auto& o) { o.mask = {.data = mask.data(), .keys = 4, .query_stride = 4 * huge}; });
  bad_mask(&MaskView::sequence_stride, {"mask.sequence_stride is -3"});
  bad_mask(&MaskView::head_stride, {"mask.head_stride is -3"});
  bad_mask(&MaskView::query_stride, {"mask.query_stride is -3"});
  bad_mask(&MaskView::key_stride, {"mask.key_stride is -3"});
  const auto bad_bias = [&](const std::function<void(BiasView&)>& spoil,
                            std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) {
      o.bias.data = bias.data();
      spoil(o.bias);
    });
  };
  bad_bias([](BiasView& b) { b.keys = -1; }, {"bias.keys is -1"});
  bad_bias([](BiasView& b) { b.query_stride = -1; }, {"bias.query_stride is -1"});
  bad_bias([](BiasView& b) { b.type = StorageType::boolean; }, {"bias is stored as"});
}

TEST_CASE("a distance bias has distances") {
  const std::vector<float> table(100, 0.0f);
  const auto bad = [&](std::int64_t DistanceBias::*member, std::int64_t value,
                       std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) {
      o.distance_bias = {table.data(), 10, -5, 10};
      o.distance_bias.*member = value;
    });
  };
  bad(&DistanceBias::count, 0, {"distance_bias.count is 0", "1 or more"});
  bad(&DistanceBias::count, huge, {"distance_bias.count is"});
  bad(&DistanceBias::first_distance, -huge, {"distance_bias.first_distance is"});
  bad(&DistanceBias::head_stride, -1, {"distance_bias.head_stride is -1"});
}

TEST_CASE("each head has a sink, or none has") {
  const std::vector<float> three(3, 0.0f);
  expect({"the number of sinks is 3", "2", "q.heads"}, [&](auto&, auto& o) { o.sinks = three; });
}

TEST_CASE("log_sum_exp has one value for each row") {
  std::vector<float> room(100, 5.0f);
  const auto bad = [&](const std::function<void(HeadsView&)>& spoil,
                       std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) {
      o.log_sum_exp = {room.data(), 7, 2, 1, 2, 1};
      spoil(o.log_sum_exp);
    });
  };
  bad([](HeadsView& l) { l.tokens = 6; }, {"log_sum_exp.tokens is 6", "7"});
  bad([](HeadsView& l) { l.heads = 1; }, {"log_sum_exp.heads is 1", "2"});
  bad([](HeadsView& l) { l.head_dim = 2; }, {"log_sum_exp.head_dim is 2", "1"});
  bad([](HeadsView& l) { l.token_stride = 0; }, {"log_sum_exp has strides"});
  bad([](HeadsView& l) { l.type = StorageType::i32; }, {"log_sum_exp is stored as i32"});
  CHECK(std::all_of(room.begin(), room.end(), [](float x) { return x == 5.0f; }));
}

TEST_CASE("the keys most attended to are some of the sequence's, and have room") {
  std::vector<std::int32_t> keys(100, 5);
  std::vector<float> probabilities(100, 5.0f);
  const auto bad = [&](const std::function<void(TopKeys&)>& spoil, std::initializer_list<std::string> parts) {
    expect(parts, [&](auto&, auto& o) {
      o.top_keys = {3, keys.data(), probabilities.data(), 6, 3};
      spoil(o.top_keys);
    });
  };
  bad([](TopKeys& t) { t.k = -1; }, {"top_keys.k is -1"});
  bad([](TopKeys& t) { t.head_stride = 4 * huge; }, {"top_keys has 2 vectors", "more than memory can hold"});
  bad([](TopKeys& t) { t.k = std::int64_t{1} << 31; }, {"top_keys.k is 2147483648", "at most 2147483647"});
  bad([](TopKeys& t) { t.keys = nullptr; }, {"top_keys.keys or .probabilities is null"});
  bad([](TopKeys& t) { t.probabilities = nullptr; }, {"top_keys.keys or .probabilities is null"});
  bad([](TopKeys& t) { t.token_stride = 5; }, {"top_keys has strides"});
  bad([](TopKeys& t) { t.head_stride = -1; }, {"top_keys.head_stride is -1"});
  CHECK(std::count(keys.begin(), keys.end(), 5) == 100);
}

TEST_CASE("states have room for every block") {
  float room = 5.0f;
  expect({"states.blocks is 0", "sequence 0 has 1"}, [&](auto&, auto& o) { o.states = {&room, 0}; });
  const std::vector<std::int64_t> first = {0, 16 * 31 + 16};  // the second sequence begins a block
  const std::vector<std::int64_t> across = {0, 16 * 31};
  expect({"states.blocks is 0"}, [&](auto&, auto& o) {
    o.first_key_positions = first;
    o.states = {&room, 0};
  });
  static_assert(attention_blocks(4, 16 * 31) == 1 && attention_blocks(17, 16 * 31) == 2);
  static_assert(attention_blocks(0, 16) == 0);
  expect({"states.blocks is -1"}, [&](auto&, auto& o) {
    o.first_key_positions = across;
    o.states = {&room, -1};
  });
}

TEST_CASE("probabilities are of queries that exist, and means of probabilities") {
  std::vector<float> room(100, 5.0f);
  const auto bad = [&](const std::function<void(ProbabilitiesRequest&)>& spoil,
                       std::initializer_list<std::string> parts) {
    ProbabilitiesRequest request = {.sequence = 0, .out = room};
    spoil(request);
    expect(parts, [&](auto&, auto& o) { o.probabilities = {&request, 1}; });
    CHECK(std::count(room.begin(), room.end(), 5.0f) == 100);
  };
  const std::vector<std::int64_t> beyond = {0, 3}, negative = {-1}, twice = {1, 1}, falling = {2, 0},
                                  two = {0, 2};
  bad([&](auto& r) { r.queries = beyond; }, {"query 3 of 3"});
  bad([&](auto& r) { r.queries = negative; }, {"query -1 of 3"});
  bad([&](auto& r) { r.queries = twice; }, {"query 1 after query 1"});
  bad([&](auto& r) { r.queries = falling; }, {"query 0 after query 2"});
  bad(
      [&](auto& r) {
        r.queries = two;
        r.out = r.out.first(11);
      },
      {"room for 11", "2 heads x 2 queries x 3 keys"});
  bad(
      [&](auto& r) {
        r.mean_over_heads = true;
        r.out = r.out.first(8);
      },
      {"room for 8", "1 heads x 3 queries x 3 keys"});
  for (const ScorePoint point : {ScorePoint::scaled, ScorePoint::capped, ScorePoint::biased}) {
    bad(
        [&](auto& r) {
          r.mean_over_heads = true;
          r.point = point;
        },
        {"mean over heads", "probabilities only"});
  }
}

/// A valid call over a cache of two sequences with 20 and 3 tokens, of which the last 2 and 1 are queries.
struct CacheCall {
  std::vector<float> q = std::vector<float>(3 * 4 * 5, 1.0f);
  std::vector<float> keys = std::vector<float>(4 * 2 * 16 * 5, 1.0f),
                     values = std::vector<float>(4 * 2 * 16 * 6, 1.0f);
  std::vector<float> out = std::vector<float>(3 * 4 * 6, 5.0f);
  std::vector<std::int64_t> offsets = {0, 2, 3}, lengths = {20, 3};
  std::vector<std::int32_t> table = {3, 0, 2, -9};
  KeyValueCache cache = {keys.data(), values.data(), StorageType::f32, 2, 5, 6, 16, 4, 2, table};
  CacheTensors tensors = {{q.data(), 3, 4, 5, 20, 5}, cache, {out.data(), 3, 4, 6, 24, 6}, offsets, lengths};
  AttentionOptions options = {};

  CacheCall() = default;
  CacheCall(const CacheCall&) = delete;
  CacheCall& operator=(const CacheCall&) = delete;
};

using CacheChange = std::function<void(CacheCall&, CacheTensors&)>;

void expect_cache(std::initializer_list<std::string> parts, const CacheChange& change) {
  Engine engine;
  CacheCall call;
  change(call, call.tensors);
  expect_error(ErrorCode::invalid_argument, parts, [&] { attention(engine, call.tensors, call.options); });
  expect_error(ErrorCode::invalid_argument, parts,
               [&] { static_cast<void>(attention_workspace(engine, call.tensors, call.options)); });
  CHECK(std::count(call.out.begin(), call.out.end(), 5.0f) == static_cast<std::ptrdiff_t>(call.out.size()));
}

TEST_CASE("a cache that cannot be is named") {
  Engine engine;
  CacheCall call;
  CHECK_NOTHROW(attention(engine, call.tensors));
  expect_cache({"cache is stored as i8"}, [](auto&, auto& t) { t.cache.type = StorageType::i8; });
  expect_cache({"cache.heads is 0"}, [](auto&, auto& t) { t.cache.heads = 0; });
  expect_cache({"cache.head_dim is -1"}, [](auto&, auto& t) { t.cache.head_dim = -1; });
  expect_cache({"cache.value_dim is 0"}, [](auto&, auto& t) { t.cache.value_dim = 0; });
  expect_cache({"cache.pages_per_sequence is 0"}, [](auto&, auto& t) { t.cache.pages_per_sequence = 0; });
  for (const std::int64_t tokens : {0, -16, 24})
    expect_cache({"cache.page_tokens is", "multiple of 16"},
                 [&](auto&, auto& t) { t.cache.page_tokens = tokens; });
  expect_cache({"cache.pages is -1"}, [](auto&, auto& t) { t.cache.pages = -1; });
  expect_cache({"more than memory"}, [](auto&, auto& t) { t.cache.page_tokens = huge; });
  expect_cache({"more than memory"}, [](auto&, auto& t) { t.cache.pages = huge; });
  expect_cache({"more than memory"}, [](auto&, auto& t) { t.cache.pages_per_sequence = huge; });
  expect_cache({"cache.keys or cache.values is null"}, [](auto&, auto& t) { t.cache.keys = nullptr; });
  expect_cache({"cache.keys or cache.values is null"}, [](auto&, auto& t) { t.cache.values = nullptr; });
}

TEST_CASE("a cache that disagrees with the queries is named with both numbers") {
  expect_cache({"cache.head_dim is 4", "5", "q.head_dim"}, [](auto&, auto& t) { t.cache.head_dim = 4; });
  expect_cache({"out.head_dim is 6", "7", "cache.value_dim"}, [](auto&, auto& t) { t.cache.value_dim = 7; });
  expect_cache({"q.heads is 4", "multiple"}, [](auto&, auto& t) { t.cache.heads = 3; });
}

TEST_CASE("sequences lie in pages that exist") {
  expect_cache({"the number of lengths is 3", "2"}, [](auto& c, auto& t) {
    c.lengths.push_back(0);
    t.lengths = c.lengths;
  });
  expect_cache({"lengths[1] is -1"}, [](auto& c, auto&) { c.lengths[1] = -1; });
  expect_cache({"lengths[0] is 33", "2 pages x 16 tokens"}, [](auto& c, auto&) { c.lengths[0] = 33; });
  expect_cache({"lengths[0] is 9223372036854775807"}, [](auto& c, auto&) { c.lengths[0] = unlimited; });
  expect_cache({"cache.page_table[3] is page -9 of 4"}, [](auto& c, auto&) { c.lengths[1] = 17; });
  expect_cache({"cache.page_table[1] is page 4 of 4"}, [](auto& c, auto&) { c.table[1] = 4; });
  expect_cache({"cache.page_table[0] is page 3 of 3"}, [](auto&, auto& t) { t.cache.pages = 3; });
  expect_cache({"cache.page_table has 2 entries", "sequence 1"},
               [](auto& c, auto& t) { t.cache.page_table = std::span(c.table).first(2); });
  expect_cache({"page 2 of 2"}, [](auto&, auto& t) {  // without a table, sequence 1 has pages 2 and 3
    t.cache.page_table = {};
    t.cache.pages = 2;
  });
}

TEST_CASE("appending to a cache that does not fit what is new") {
  Engine engine;
  const auto expect_bad = [&](std::initializer_list<std::string> parts, const auto& change) {
    CacheCall call;
    const std::vector<float> more(3 * 2 * 6, 7.0f);
    ConstHeadsView k = {more.data(), 3, 2, 5, 12, 6}, v = {more.data(), 3, 2, 6, 12, 6};
    change(call, k, v);
    expect_error(ErrorCode::invalid_argument, parts,
                 [&] { append(engine, call.tensors.cache, call.lengths, k, v, call.offsets); });
    CHECK(std::count(call.keys.begin(), call.keys.end(), 7.0f) == 0);
    CHECK(std::count(call.values.begin(), call.values.end(), 7.0f) == 0);
  };
  expect_bad({"v.tokens is 2", "3"}, [](auto&, auto&, auto& v) { v.tokens = 2; });
  expect_bad({"k.heads is 1", "cache.heads"}, [](auto&, auto& k, auto&) { k.heads = 1; });
  expect_bad({"v.heads is 4", "cache.heads"}, [](auto&, auto&, auto& v) { v.heads = 4; });
  expect_bad({"k.head_dim is 6", "5"}, [](auto&, auto& k, auto&) { k.head_dim = 6; });
  expect_bad({"v.head_dim is 5", "6"}, [](auto&, auto&, auto& v) { v.head_dim = 5; });
  expect_bad({"k is stored as i32"}, [](auto&, auto& k, auto&) { k.type = StorageType::i32; });
  expect_bad({"k.data is null"}, [](auto&, auto& k, auto&) { k.data = nullptr; });
  expect_bad({"offsets end at 4", "3"}, [](auto& c, auto&, auto&) { c.offsets[2] = 4; });
  expect_bad({"the number of lengths is 1", "2"}, [](auto& c, auto&, auto&) { c.lengths.pop_back(); });
  expect_bad({"lengths[0] is -1"}, [](auto& c, auto&, auto&) { c.lengths[0] = -1; });
  expect_bad({"lengths[0] is"}, [](auto& c, auto&, auto&) { c.lengths[0] = unlimited; });
  expect_bad({"lengths[0] is 33", "2 pages"}, [](auto& c, auto&, auto&) { c.lengths[0] = 31; });
  expect_bad({"cache.page_table[3] is page -9"}, [](auto& c, auto&, auto&) { c.lengths[1] = 16; });
  expect_bad({"sequences 0 and 1", "page 0", "cache.page_table[1] and [2]"},
             [](auto& c, auto&, auto&) { c.table[2] = 0; });
  expect_bad({"sequences 0 and 1", "page 3", "cache.page_table[0] and [2]"}, [](auto& c, auto&, auto&) {
    c.lengths[0] = 15;  // its new tokens go to two pages
    c.table[2] = 3;
  });
}

/// Appends one token of ones to each of two sequences of these lengths, in pages of a single head and value.
std::vector<float> appended(const std::vector<std::int64_t>& lengths, const std::vector<std::int32_t>& table,
                            std::int64_t pages) {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  std::vector<float> keys(static_cast<std::size_t>(pages) * 16), values(keys.size());
  const std::vector<float> ones(2, 1.0f);
  const ConstHeadsView new_tokens = {ones.data(), 2, 1, 1, 1, 1};
  const std::vector<std::int64_t> offsets = {0, 1, 2};
  append(engine, {keys.data(), values.data(), StorageType::f32, 1, 1, 1, 16, pages, 2, table}, lengths,
         new_tokens, new_tokens, offsets);
  return values;
}

TEST_CASE("sequences may share pages that only one of them, or none, writes to") {
  const auto ones = [](const std::vector<float>& values) {
    return std::count(values.begin(), values.end(), 1.0f);
  };
  CHECK(ones(appended({16, 16}, {0, 1, 0, 2}, 3)) == 2);  // a page of a prefix
  CHECK(ones(appended({16, 15}, {0, 1, 0, 2}, 3)) == 2);  // the second writes to it
  // Another page, but the same last bits.
  CHECK(ones(appended({0, 17}, {5, 5, 4, (1 << 17) + 5}, (1 << 17) + 6)) == 2);
}

TEST_CASE("states to merge have data, and room for the result") {
  Engine engine;
  std::vector<float> out(2 * 3 * 4, 5.0f), sums(6, 5.0f), states(2 * 3 * 6, 0.0f);
  const auto expect_bad = [&](std::initializer_list<std::string> parts, const auto& change) {
    HeadsView result = {out.data(), 2, 3, 4, 12, 4}, sum = {sums.data(), 2, 3, 1, 3, 1};
    StatesView part = {states.data(), 1};
    std::vector<float> sinks(3, 0.0f);
    change(part, result, sinks, sum);
    expect_error(ErrorCode::invalid_argument, parts, [&] {
      merge_states(engine, {&part, 1}, result, sinks, sum);
    });
    CHECK(std::count(out.begin(), out.end(), 5.0f) == static_cast<std::ptrdiff_t>(out.size()));
    CHECK(std::count(sums.begin(), sums.end(), 5.0f) == static_cast<std::ptrdiff_t>(sums.size()));
  };
  expect_bad({"parts[0].data is null"}, [](auto& p, auto&, auto&, auto&) { p.data = nullptr; });
  expect_bad({"parts[0].blocks is -1"}, [](auto& p, auto&, auto&, auto&) { p.blocks = -1; });
  expect_bad({"out.heads is 0"}, [](auto&, auto& o, auto&, auto&) { o.heads = 0; });
  expect_bad({"out has strides"}, [](auto&, auto& o, auto&, auto&) { o.token_stride = 0; });
  expect_bad({"out.sequence_stride is 9", "0"}, [](auto&, auto& o, auto&, auto&) { o.sequence_stride = 9; });
  expect_bad({"the number of sinks is 2", "3"}, [](auto&, auto&, auto& s, auto&) { s.pop_back(); });
  expect_bad({"log_sum_exp.tokens is 1", "2"}, [](auto&, auto&, auto&, auto& l) { l.tokens = 1; });
}

TEST_CASE("results to merge agree with one another, in fp32") {
  Engine engine;
  std::vector<float> out(2 * 3 * 4, 5.0f), sums(6, 5.0f);
  const std::vector<float> values(2 * 3 * 4, 1.0f);
  const auto expect_bad = [&](std::initializer_list<std::string> parts, const auto& change) {
    HeadsView result = {out.data(), 2, 3, 4, 12, 4}, sum = {sums.data(), 2, 3, 1, 3, 1};
    PartialResult part = {{values.data(), 2, 3, 4, 12, 4}, {values.data(), 2, 3, 1, 3, 1}};
    const PartialResult other = part;
    change(part, result, sum);
    expect_error(ErrorCode::invalid_argument, parts, [&] { merge(engine, part, other, result, sum); });
    CHECK(std::count(out.begin(), out.end(), 5.0f) == static_cast<std::ptrdiff_t>(out.size()));
    CHECK(std::count(sums.begin(), sums.end(), 5.0f) == static_cast<std::ptrdiff_t>(sums.size()));
  };
  expect_bad({"first.out.tokens is 1", "2"}, [](auto& p, auto&, auto&) { p.out.tokens = 1; });
  expect_bad({"first.out.heads is 2", "3"}, [](auto& p, auto&, auto&) { p.out.heads = 2; });
  expect_bad({"first.out.head_dim is 3", "4"}, [](auto& p, auto&, auto&) { p.out.head_dim = 3; });
  expect_bad({"first.log_sum_exp.head_dim is 2", "1"},
             [](auto& p, auto&, auto&) { p.log_sum_exp.head_dim = 2; });
  expect_bad({"first.log_sum_exp.data is null"}, [](auto& p, auto&, auto&) { p.log_sum_exp.data = nullptr; });
  expect_bad({"first.out.sequence_stride is 9", "0"},
             [](auto& p, auto&, auto&) { p.out.sequence_stride = 9; });
  expect_bad({"first.out is not f32"}, [](auto& p, auto&, auto&) { p.out.type = StorageType::f16; });
  expect_bad({"out is not f32"}, [](auto&, auto& o, auto&) { o.type = StorageType::bf16; });
  expect_bad({"log_sum_exp is not f32"}, [](auto&, auto&, auto& l) { l.type = StorageType::f16; });
  expect_bad({"log_sum_exp.heads is 2", "3"}, [](auto&, auto&, auto& l) { l.heads = 2; });
  expect_bad({"out has strides"}, [](auto&, auto& o, auto&) { o.head_stride = 1; });
}

TEST_CASE("strides need no alignment, and empty views no strides") {
  Engine engine;
  std::vector<float> values(1000, 1.0f), out(1000, 5.0f);
  const std::vector<std::int64_t> offsets = {0, 3};
  const ConstHeadsView odd = {values.data() + 1, 3, 2, 5, 37, 7};
  attention(engine, AttentionTensors{odd, odd, odd, {out.data() + 3, 3, 2, 5, 13, 41}, offsets});
  CHECK(std::count(out.begin(), out.end(), 1.0f) == 30);
  CHECK(std::count(out.begin(), out.end(), 5.0f) == 970);
  const std::vector<std::int64_t> none = {0, 0};
  const ConstHeadsView empty = {nullptr, 0, 2, 5};
  AttentionOptions options = {.top_keys = {.k = huge}};
  CHECK_NOTHROW(attention(engine, AttentionTensors{empty, empty, empty, {nullptr, 0, 2, 5}, none}, options));
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
