#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ops/all_threads.hpp"
#include "reference/allocations.hpp"
#include "reference/compare.hpp"
#include "reference/random.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::test {
namespace {

using Counts = std::vector<std::int64_t>;
using Bytes = std::vector<std::byte>;

constexpr std::int64_t unlimited = Window::unlimited;
constexpr StorageType stored_types[] = {StorageType::f32, StorageType::f16, StorageType::bf16};

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// Random numbers as they are stored; f16 bit patterns are drawn as such, so that nothing has to round.
Bytes random_stored(std::int64_t count, StorageType type, std::uint64_t seed) {
  Random random(seed);
  Bytes all(index(count) * size_of(type));
  for (std::size_t at = 0; at < all.size(); at += size_of(type)) {
    const float x = random.uniform() * 2.0f;
    const auto bits = static_cast<std::uint16_t>(
        type == StorageType::f16 ? (random.next() & 0x83ffu) | (10u + random.next() % 6) << 10
                                 : std::bit_cast<std::uint32_t>(x) >> 16);
    if (type == StorageType::f32) {
      std::memcpy(all.data() + at, &x, sizeof x);
    } else {
      std::memcpy(all.data() + at, &bits, sizeof bits);
    }
  }
  return all;
}

Counts offsets_of(const Counts& lengths) {
  Counts offsets = {0};
  for (const std::int64_t n : lengths) offsets.push_back(offsets.back() + n);
  return offsets;
}

/// Queries, keys and values of sequences that are as long in the one as in the other: [tokens][heads][dim].
struct Tokens {
  Counts lengths;
  std::int64_t key_heads = 1, group = 1, head_dim = 1, value_dim = 1;
  StorageType type = StorageType::f32;  ///< of k and v
  Bytes q = {}, k = {}, v = {};

  [[nodiscard]] std::int64_t heads() const { return key_heads * group; }
  [[nodiscard]] std::int64_t count() const { return offsets_of(lengths).back(); }
  void fill(std::uint64_t seed) {
    q = random_stored(count() * heads() * head_dim, StorageType::f32, seed);
    k = random_stored(count() * key_heads * head_dim, type, seed + 1);
    v = random_stored(count() * key_heads * value_dim, type, seed + 2);
  }
  /// Tokens begin[s] to end[s] - 1 of each sequence.
  [[nodiscard]] Tokens part(const Counts& begin, const Counts& end) const {
    Tokens some = {{}, key_heads, group, head_dim, value_dim, type};
    const Counts offsets = offsets_of(lengths);
    for (std::size_t s = 0; s < lengths.size(); ++s) {
      some.lengths.push_back(end[s] - begin[s]);
      const auto copy = [&](const Bytes& from, Bytes& to, std::int64_t token_bytes) {
        to.insert(to.end(), from.begin() + (offsets[s] + begin[s]) * token_bytes,
                  from.begin() + (offsets[s] + end[s]) * token_bytes);
      };
      const auto size = static_cast<std::int64_t>(size_of(type));
      copy(q, some.q, heads() * head_dim * 4);
      copy(k, some.k, key_heads * head_dim * size);
      copy(v, some.v, key_heads * value_dim * size);
    }
    return some;
  }
};

ConstHeadsView packed(const Bytes& data, std::int64_t tokens, std::int64_t heads, std::int64_t dim,
                      StorageType type) {
  return {data.data(), tokens, heads, dim, heads * dim, dim, 0, type};
}
HeadsView packed(std::vector<float>& data, std::int64_t tokens, std::int64_t heads, std::int64_t dim) {
  return {data.data(), tokens, heads, dim, heads * dim, dim};
}
ConstHeadsView queries_of(const Tokens& t) {
  return packed(t.q, t.count(), t.heads(), t.head_dim, StorageType::f32);
}
ConstHeadsView keys_of(const Tokens& t) {
  return packed(t.k, t.count(), t.key_heads, t.head_dim, t.type);
}
ConstHeadsView values_of(const Tokens& t) {
  return packed(t.v, t.count(), t.key_heads, t.value_dim, t.type);
}

/// Output of `queries` over the keys and values of `keys`, both in memory.
std::vector<float> attend(Engine& engine, const Tokens& queries, const Tokens& keys,
                          const AttentionOptions& options) {
  std::vector<float> out(index(queries.count() * queries.heads() * queries.value_dim), NAN);
  const Counts offsets = offsets_of(queries.lengths), key_offsets = offsets_of(keys.lengths);
  attention(engine,
            AttentionTensors{queries_of(queries), keys_of(keys), values_of(keys),
                             packed(out, queries.count(), queries.heads(), queries.value_dim), offsets,
                             key_offsets},
            options);
  return out;
}

/// A cache and its memory, which is NaN where nothing was appended.
class Cache {
 public:
  /// page_tokens 0: one page for each sequence, contiguous.
  Cache(const Tokens& of, std::int64_t page_tokens, std::int64_t longest) : lengths_(of.lengths.size(), 0) {
    const auto sequences = static_cast<std::int64_t>(of.lengths.size());
    const bool paged = page_tokens != 0;
    if (!paged) page_tokens = std::max<std::int64_t>(16, (longest + 15) / 16 * 16);
    const std::int64_t of_sequence = std::max<std::int64_t>(1, (longest + page_tokens - 1) / page_tokens);
    cache_ = {.type = of.type,
              .heads = of.key_heads,
              .head_dim = of.head_dim,
              .value_dim = of.value_dim,
              .page_tokens = page_tokens,
              .pages = sequences * of_sequence,
              .pages_per_sequence = of_sequence};
    const std::int64_t places = cache_.pages * cache_.heads * page_tokens;
    keys_.assign(index(places * of.head_dim) * size_of(of.type), std::byte{0xff});
    values_.assign(index(places * of.value_dim) * size_of(of.type), std::byte{0xff});
    if (!paged) return;
    table_.resize(index(cache_.pages));
    std::iota(table_.begin(), table_.end(), 0);
    Random random(7);
    for (std::size_t i = table_.size(); i > 1; --i)
      std::swap(table_[i - 1], table_[index(random.below(static_cast<std::int64_t>(i)))]);
  }

  [[nodiscard]] KeyValueCache view() {
    KeyValueCache all = cache_;
    all.keys = keys_.data();
    all.values = values_.data();
    all.page_table = table_;
    return all;
  }
  [[nodiscard]] const Counts& lengths() const { return lengths_; }

  void append(Engine& engine, const Tokens& more) {
    const Counts offsets = offsets_of(more.lengths);
    saccade::append(engine, view(), lengths_, keys_of(more), values_of(more), offsets);
    for (std::size_t s = 0; s < lengths_.size(); ++s) lengths_[s] += more.lengths[s];
  }

  std::vector<float> attend(Engine& engine, const Tokens& queries, const AttentionOptions& options) {
    std::vector<float> out(index(queries.count() * queries.heads() * queries.value_dim), NAN);
    const Counts offsets = offsets_of(queries.lengths);
    attention(
        engine,
        CacheTensors{queries_of(queries), view(),
                     packed(out, queries.count(), queries.heads(), queries.value_dim), offsets, lengths_},
        options);
    return out;
  }

 private:
  KeyValueCache cache_;
  Counts lengths_;
  Bytes keys_, values_;
  std::vector<std::int32_t> table_;
};

/// Calls test(engine) for every ISA that runs here and several numbers of threads.
template <class Test>
void each_engine(std::initializer_list<int> threads, const Test& test) {
  for (const Isa isa : supported_isas()) {
    for (const int n : threads) {
      CAPTURE(to_string(isa));
      CAPTURE(n);
      Engine engine = engine_of_all_threads({.threads = n, .isa = isa});
      test(engine);
    }
  }
}

std::int64_t longest_of(const Tokens& t) {
  return *std::max_element(t.lengths.begin(), t.lengths.end());
}

/// The output row by row, of tokens that come `step` at a time: each sequence until it has all of its own.
std::vector<float> step_by_step(Engine& engine, const Tokens& all, std::int64_t page_tokens,
                                std::int64_t step, const AttentionOptions& options) {
  Cache cache(all, page_tokens, longest_of(all));
  const std::int64_t row = all.heads() * all.value_dim;
  const Counts offsets = offsets_of(all.lengths);
  std::vector<float> out(index(all.count() * row), NAN);
  for (std::int64_t done = 0; done < longest_of(all); done += step) {
    Counts begin, end;
    for (const std::int64_t n : all.lengths) {
      begin.push_back(std::min(n, done));
      end.push_back(std::min(n, done + step));
    }
    const Tokens more = all.part(begin, end);
    cache.append(engine, more);
    const std::vector<float> rows = cache.attend(engine, more, options);
    auto from = rows.begin();
    for (std::size_t s = 0; s < begin.size(); ++s) {
      std::copy_n(from, (end[s] - begin[s]) * row, out.begin() + (offsets[s] + begin[s]) * row);
      from += (end[s] - begin[s]) * row;
    }
  }
  return out;
}

Tokens tokens_of(Counts lengths, std::int64_t key_heads, std::int64_t group, std::int64_t head_dim,
                 std::int64_t value_dim, StorageType type, std::uint64_t seed = 1) {
  Tokens tokens = {std::move(lengths), key_heads, group, head_dim, value_dim, type};
  tokens.fill(seed);
  return tokens;
}

TEST_CASE("tokens go to the places that the cache's description names") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  for (const std::int64_t page_tokens : {0, 16, 48}) {
    const Tokens all = tokens_of({50, 0, 17}, 3, 1, 5, 18, StorageType::f32);
    Cache cache(all, page_tokens, 50);
    cache.append(engine, all.part({0, 0, 0}, {13, 0, 17}));
    cache.append(engine, all.part({13, 0, 17}, {50, 0, 17}));
    const KeyValueCache c = cache.view();
    const auto* const keys = static_cast<const float*>(c.keys);
    const auto* const values = static_cast<const float*>(c.values);
    std::vector<float> k, v, expected_k(all.k.size() / 4), expected_v(all.v.size() / 4);
    for (std::int64_t s = 0; s < 3; ++s) {
      for (std::int64_t t = 0; t < all.lengths[index(s)]; ++t) {
        const std::int64_t slot = s * c.pages_per_sequence + t / c.page_tokens, token = t % c.page_tokens;
        const std::int64_t page = c.page_table.empty() ? slot : c.page_table[index(slot)];
        for (std::int64_t h = 0; h < c.heads; ++h) {
          const std::int64_t block = (page * c.heads + h) * c.page_tokens;
          for (std::int64_t d = 0; d < c.head_dim; ++d)
            k.push_back(keys[(block + token / 16 * 16) * c.head_dim + d * 16 + token % 16]);
          for (std::int64_t d = 0; d < c.value_dim; ++d)
            v.push_back(values[(block + token) * c.value_dim + d]);
        }
      }
    }
    std::memcpy(expected_k.data(), all.k.data(), all.k.size());
    std::memcpy(expected_v.data(), all.v.data(), all.v.size());
    CHECK(difference(k, expected_k) == "");
    CHECK(difference(v, expected_v) == "");
  }
}

TEST_CASE("what a cache stores in less is rounded to nearest, ties to even") {
  struct Rounded {
    float x;
    std::uint16_t f16, bf16;
  };
  constexpr Rounded numbers[] = {{1.0f, 0x3c00, 0x3f80},           {-2.5f, 0xc100, 0xc020},
                                 {1.00048828125f, 0x3c00, 0x3f80},  // 1 + 2^-11
                                 {1.00146484375f, 0x3c02, 0x3f80},  // 1 + 3 2^-11
                                 {1.00390625f, 0x3c04, 0x3f80},     // 1 + 2^-8
                                 {1.01171875f, 0x3c0c, 0x3f82},     // 1 + 3 2^-8
                                 {65504.0f, 0x7bff, 0x4780},       {65520.0f, 0x7c00, 0x4780},
                                 {0x1p-24f, 0x0001, 0x3380},       {0x1p-25f, 0x0000, 0x3300},
                                 {-0.0f, 0x8000, 0x8000},          {HUGE_VALF, 0x7c00, 0x7f80}};
  constexpr auto count = static_cast<std::int64_t>(std::size(numbers));
  each_engine({1}, [&](Engine& engine) {
    for (const StorageType type : {StorageType::f16, StorageType::bf16}) {
      Tokens all = tokens_of({1}, 1, 1, count, count, StorageType::f32);
      for (std::size_t i = 0; i < std::size(numbers); ++i) {
        std::memcpy(all.k.data() + 4 * i, &numbers[i].x, 4);
        std::memcpy(all.v.data() + 4 * i, &numbers[i].x, 4);
      }
      Tokens stored = all;
      stored.type = type;
      Cache cache(stored, 16, 1);
      cache.append(engine, all);
      const auto* const keys = static_cast<const std::uint16_t*>(cache.view().keys);
      const auto* const values = static_cast<const std::uint16_t*>(cache.view().values);
      for (std::size_t i = 0; i < std::size(numbers); ++i) {
        const std::uint16_t expected = type == StorageType::f16 ? numbers[i].f16 : numbers[i].bf16;
        CAPTURE(numbers[i].x);
        CHECK(keys[16 * i] == expected);
        CHECK(values[i] == expected);
      }
    }
  });
}

TEST_CASE("a prefill from any cache has the bits of keys and values in memory") {
  constexpr Window windows[] = {Window::full(), Window::causal(), {100, 20}};
  each_engine({1, 2, 3}, [&](Engine& engine) {
    for (const StorageType type : stored_types) {
      const Tokens all = tokens_of({61, 0, 1, 545}, 2, 2, 20, 11, type),
                   last = all.part({0, 0, 0, 520}, {61, 0, 1, 545});
      for (const Window& window : windows) {
        const AttentionOptions options = {.window = window};
        const std::vector<float> expected = attend(engine, last, all, options);
        for (const std::int64_t page_tokens : {0, 16, 32, 48, 512}) {
          CAPTURE(page_tokens);
          Cache cache(all, page_tokens, 545);
          cache.append(engine, all);
          CHECK(difference(cache.attend(engine, last, options), expected) == "");
        }
      }
    }
  });
}

TEST_CASE("chunks and single tokens have the bits of the whole sequence") {
  const auto check = [&](Engine& engine, const Tokens& all, std::int64_t page_tokens, const Window& window,
                         std::initializer_list<std::int64_t> steps) {
    CAPTURE(page_tokens);
    const AttentionOptions options = {.window = window};
    const std::vector<float> expected = attend(engine, all, all, options);
    for (const std::int64_t step : steps) {
      CAPTURE(step);
      CHECK(difference(step_by_step(engine, all, page_tokens, step, options), expected) == "");
    }
  };
  for (const int threads : {1, 3}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    for (const StorageType type : stored_types) {
      const Tokens all = tokens_of({530, 0, 37}, 2, 3, 9, 17, type);
      check(engine, all, 48, Window::causal(), {1, 50});
      check(engine, all, 48, {40, 0}, {13, 512});
    }
  }
  each_engine({2, 8}, [&](Engine& engine) {
    for (const std::int64_t page_tokens : {0, 16, 32, 512})
      check(engine, tokens_of({20, 75}, 1, 2, 16, 16, StorageType::f16), page_tokens, Window::causal(),
            {1, 7, 32});
  });
}

/// Operands of every option of a call, and memory for every result.
struct Everything {
  std::vector<std::uint8_t> mask;
  std::vector<float> bias, distances, sinks;
  std::vector<float> log_sum_exp, scores, means, top_probabilities;
  std::vector<std::int32_t> top_keys;
  std::vector<ProbabilitiesRequest> requests;
  AttentionOptions options;

  Everything(const Tokens& queries, const Counts& keys) {
    const std::int64_t heads = queries.heads(), most = *std::max_element(keys.begin(), keys.end());
    const std::int64_t rows = *std::max_element(queries.lengths.begin(), queries.lengths.end());
    Random random(3);
    mask.resize(index(rows * most));
    for (std::uint8_t& x : mask) x = static_cast<std::uint8_t>(random.below(5));
    bias = random.values(heads * most, 2.0f);
    bias[3] = bias[30] = -HUGE_VALF;
    distances = random.values(50 * heads, 1.0f);
    sinks = random.values(heads, 3.0f);
    log_sum_exp.assign(index(queries.count() * heads), NAN);
    scores.assign(index(heads * queries.lengths[0] * keys[0]), NAN);
    means.assign(index(queries.lengths[1] * keys[1]), NAN);
    top_keys.assign(index(queries.count() * heads * 4), -7);
    top_probabilities.assign(top_keys.size(), NAN);
    requests = {{.sequence = 0, .out = scores}, {.sequence = 1, .out = means, .mean_over_heads = true}};
    options = {.scale = 0.4f,
               .window = {300, 0},
               .probabilities = requests,
               .softcap = 20.0f,
               .mask = {mask.data(), most, 0, 0, most, 1},
               .bias = {bias.data(), most, 0, most, 0, 1},
               .distance_bias = {distances.data(), 50, -45, 50},
               .sinks = sinks,
               .log_sum_exp = packed(log_sum_exp, queries.count(), heads, 1),
               .top_keys = {4, top_keys.data(), top_probabilities.data(), heads * 4, 4}};
  }
  Everything(const Everything&) = delete;
  Everything& operator=(const Everything&) = delete;

  void check_same(const Everything& expected) const {
    CHECK(difference(log_sum_exp, expected.log_sum_exp) == "");
    CHECK(difference(scores, expected.scores) == "");
    CHECK(difference(means, expected.means) == "");
    CHECK(difference(top_probabilities, expected.top_probabilities) == "");
    CHECK(top_keys == expected.top_keys);
  }
};

TEST_CASE("masks, biases, sinks and every extra output are the same from a cache") {
  for (const StorageType type : stored_types) {
    const Tokens all = tokens_of({90, 600}, 2, 2, 12, 10, type), queries = all.part({60, 560}, {90, 600});
    Engine engine({.threads = 1, .isa = {}});
    Everything expected(queries, all.lengths);
    const std::vector<float> out = attend(engine, queries, all, expected.options);
    each_engine({1, 2, 3, 8}, [&](Engine& other) {
      Cache cache(all, 32, 600);
      cache.append(other, all);
      Everything got(queries, all.lengths);
      CHECK(difference(cache.attend(other, queries, got.options), out) == "");
      got.check_same(expected);
    });
  }
}

TEST_CASE("what a cache has dropped does not move the blocks of what it keeps") {
  const std::int64_t keys = 1200;
  each_engine({1, 3}, [&](Engine& engine) {
    for (const StorageType type : {StorageType::f32, StorageType::f16}) {
      const Tokens all = tokens_of({keys, keys}, 1, 2, 8, 8, type);
      for (const std::int64_t queries : {1, 30}) {
        const Tokens last = all.part({keys - queries, keys - queries}, {keys, keys});
        for (const std::int64_t dropped : {16, 48, 496, 512, 528, 1024, 1040}) {
          CAPTURE(queries);
          CAPTURE(dropped);
          const AttentionOptions near = {.window = {keys - queries - dropped, 0}};
          const std::vector<float> expected = attend(engine, last, all, near);
          const Tokens kept = all.part({dropped, 0}, {keys, keys});
          const Counts first = {dropped, 0};
          AttentionOptions options = near;
          options.first_key_positions = first;
          CHECK(difference(attend(engine, last, kept, options), expected) == "");
          for (const std::int64_t page_tokens : {0, 16, 48}) {
            Cache cache(all, page_tokens, keys);
            cache.append(engine, kept);
            CHECK(difference(cache.attend(engine, last, options), expected) == "");
          }
        }
      }
    }
  });
}

TEST_CASE("few queries over many keys have the same bits on any number of threads") {
  const std::int64_t keys = 5000;
  for (const StorageType type : stored_types) {
    for (const std::int64_t group : {1, 6}) {
      const Tokens all = tokens_of({keys}, 1, group, 32, 19, type), last = all.part({keys - 1}, {keys});
      const std::vector<float> sinks(index(group), 0.5f);
      std::vector<float> expected_sums(index(group), NAN);
      AttentionOptions options = {.sinks = sinks, .log_sum_exp = packed(expected_sums, 1, group, 1)};
      Engine one({.threads = 1, .isa = {}});
      const std::vector<float> expected = attend(one, last, all, options);
      each_engine({1, 2, 3, 8}, [&](Engine& engine) {
        std::vector<float> sums(index(group), NAN);
        options.log_sum_exp.data = sums.data();
        CHECK(difference(attend(engine, last, all, options), expected) == "");
        CHECK(difference(sums, expected_sums) == "");
        for (const std::int64_t page_tokens : {0, 48}) {
          Cache cache(all, page_tokens, keys);
          cache.append(engine, all);
          CHECK(difference(cache.attend(engine, last, options), expected) == "");
          CHECK(difference(sums, expected_sums) == "");
        }
      });
    }
  }
}

TEST_CASE("several long sequences, some keys hidden from all, on any number of threads") {
  const Tokens all = tokens_of({3000, 0, 700, 2000}, 1, 1, 8, 8, StorageType::bf16);
  const Tokens last = all.part({2999, 0, 699, 1999}, {3000, 0, 700, 2000});
  const Counts counts = {2500, 0, 0, 2000};
  Engine one({.threads = 1, .isa = {}});
  for (const Window& window : {Window::full(), Window{600, 0}}) {
    const AttentionOptions options = {.window = window, .key_counts = counts};
    const std::vector<float> expected = attend(one, last, all, options);
    each_engine({1, 2, 3, 8}, [&](Engine& engine) {
      Cache cache(all, 48, 3000);
      cache.append(engine, all);
      CHECK(difference(cache.attend(engine, last, options), expected) == "");
    });
  }
}

TEST_CASE("decoding allocates nothing once the engine is warm") {
  if (!allocations_are_counted()) {
    MESSAGE("skipped: a sanitizer's allocator cannot be counted");
    return;
  }
  const Tokens all = tokens_of({1500, 40}, 2, 2, 16, 16, StorageType::f16);
  const Tokens last = all.part({1499, 39}, {1500, 40}), before = all.part({0, 0}, {1499, 39});
  const ConstHeadsView k = keys_of(last), v = values_of(last);
  const Counts queries = {1515, 39}, keys = {16, 0}, counts = {1500, 30};
  const AttentionOptions options = {
      .first_query_positions = queries, .first_key_positions = keys, .key_counts = counts};
  const Counts offsets = offsets_of(last.lengths), held = {1499, 39}, lengths = {1500, 40};
  for (const int threads : {1, 2, 3}) {
    CAPTURE(threads);
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    Cache cache(all, 48, 1500);
    cache.append(engine, before);
    std::vector<float> out(index(last.count() * last.heads() * last.value_dim));
    const CacheTensors tensors = {queries_of(last), cache.view(),
                                  packed(out, last.count(), last.heads(), last.value_dim), offsets, lengths};
    // A thread of oneTBB's that wakes up late takes memory for itself once.
    std::int64_t taken = 1;
    for (int attempt = 0; attempt < 3 && taken != 0; ++attempt) {
      std::int64_t start = 0;
      for (int i = -20; i < 100; ++i) {
        if (i == 0) start = allocations();
        append(engine, tensors.cache, held, k, v, offsets);
        attention(engine, tensors, options);
      }
      taken = allocations() - start;
    }
    CHECK(taken == 0);
    CHECK(engine.scratch_bytes() == attention_workspace(engine, tensors, options));
  }
}

TEST_CASE("same bits: running states over caches that hold parts of the keys") {
  for (const StorageType type : {StorageType::f32, StorageType::f16, StorageType::bf16}) {
    const Tokens all = tokens_of({1300, 520, 7}, 2, 2, 12, 19, type);
    // Several queries of a sequence, and one each as in decoding.
    for (const Counts& first : {Counts{1290, 510, 0}, Counts{1299, 519, 6}}) {
      const Tokens queries = all.part(first, all.lengths);
      const AttentionOptions options = {.window = {900, 0}, .first_query_positions = first};
      each_engine({1, 3}, [&](Engine& engine) {
        Cache whole(all, 48, longest_of(all));
        whole.append(engine, all);
        const std::vector<float> expected = whole.attend(engine, queries, options);
        for (const Counts& borders :
             {Counts{0, 512, 1300}, Counts{0, 512, 1024, 1300}, Counts{0, 1024, 1536}}) {
          std::vector<float> running(index(queries.count() * all.heads() * (all.value_dim + 2)), NAN), got;
          for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
            const Counts begin(3, borders[i]);
            Counts from, to;
            for (const std::int64_t n : all.lengths) {
              from.push_back(std::min(n, borders[i]));
              to.push_back(std::min(n, borders[i + 1]));
            }
            const Tokens part = all.part(from, to);
            Cache cache(part, 48, longest_of(part));
            cache.append(engine, part);
            AttentionOptions of_part = options;
            of_part.first_key_positions = begin;
            of_part.running = {running.data(), i == 0};
            got = cache.attend(engine, queries, of_part);
          }
          CHECK(difference(got, expected) == "");
        }
      });
    }
  }
}

TEST_CASE("a cache of no sequences, of empty ones, and queries over nothing") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  const Tokens none = tokens_of({}, 2, 1, 4, 4, StorageType::f32);
  Cache of_none(none, 16, 0);
  of_none.append(engine, none);
  CHECK(of_none.attend(engine, none, {}).empty());
  const Tokens two = tokens_of({2, 0}, 2, 1, 4, 4, StorageType::f16);
  Cache empty(two, 16, 0);
  const std::vector<float> out = empty.attend(engine, two, {});
  CHECK(difference(out, std::vector<float>(out.size(), 0.0f)) == "");
}

}  // namespace
}  // namespace saccade::test
