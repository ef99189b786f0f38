#include "ops/problem.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "ops/all_threads.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/half.hpp"
#include "reference/random.hpp"
#include "reference/reference.hpp"

namespace saccade::test {
namespace {

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

std::vector<std::int64_t> offsets_of(const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> all = {0};
  for (const std::int64_t length : lengths) all.push_back(all.back() + length);
  return all;
}

std::int64_t largest(const std::vector<std::int64_t>& lengths) {
  return lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
}

/// Sizes and strides of what a Spread describes.
struct Grid {
  std::int64_t keys, query, head, sequence, size;

  Grid(const Problem& p, const Spread& spread)
      : keys(spread.keys < 0 ? largest(p.keys) : spread.keys),
        query(keys * spread.key_stride + 1),
        head(query * (spread.by_query ? largest(p.queries) : 1)),
        sequence(head * (spread.by_head ? p.heads : 1)),
        size(sequence * (spread.by_sequence ? static_cast<std::int64_t>(p.sequences()) : 1)) {
    if (!spread.by_query) query = 0;
    if (!spread.by_head) head = 0;
    if (!spread.by_sequence) sequence = 0;
  }
  template <class View>
  void set(View& view, const Spread& spread) const {
    view.keys = keys;
    view.sequence_stride = sequence;
    view.head_stride = head;
    view.query_stride = query;
    view.key_stride = spread.key_stride;
  }
};

/// Of one head: [queries][keys], `beyond` for the keys that are lacking.
template <class T>
std::vector<T> part_of(const Problem& p, const std::vector<T>& all, const Spread& spread, std::size_t s,
                       std::int64_t h, T beyond) {
  const Grid grid(p, spread);
  std::vector<T> part;
  for (std::int64_t i = 0; i < p.queries[s]; ++i) {
    for (std::int64_t j = 0; j < p.keys_of(s); ++j) {
      const std::int64_t at = static_cast<std::int64_t>(s) * grid.sequence + h * grid.head + i * grid.query +
                              j * spread.key_stride;
      part.push_back(j < grid.keys ? all[index(at)] : beyond);
    }
  }
  return part;
}

/// [tokens][heads][width] out of each sequence's and head's own rows.
template <class T, class Rows>
std::vector<T> each_head(const Problem& p, std::int64_t width, const Rows& rows) {
  std::vector<T> all(index(p.tokens() * p.heads * width));
  std::int64_t token = 0;
  for (std::size_t s = 0; s < p.sequences(); ++s) {
    for (std::int64_t h = 0; h < p.heads; ++h) {
      const std::vector<T>& head = rows(s, h);
      for (std::int64_t i = 0; i < p.queries[s]; ++i)
        std::copy_n(head.begin() + i * width, width, all.begin() + ((token + i) * p.heads + h) * width);
    }
    token += p.queries[s];
  }
  return all;
}

template <class T, class Attention>
Results<T> each_head(const Problem& p, const Attention& attention_of) {
  std::vector<std::vector<AttentionResult<T>>> heads(p.sequences());
  for (std::size_t s = 0; s < p.sequences(); ++s) {
    for (std::int64_t h = 0; h < p.heads; ++h) heads[s].push_back(attention_of(p.head(s, h)));
  }
  return {
      each_head<T>(
          p,
          p.value_dim, [&](std::size_t s, std::int64_t h) -> const auto& { return heads[s][index(h)].out; }),
      each_head<T>(
          p,
          1, [&](std::size_t s, std::int64_t h) -> const auto& { return heads[s][index(h)].log_sum_exp; })};
}

}  // namespace

StoredValues::StoredValues(StorageType type, std::size_t count)
    : type_(type), bytes_(count * size_of(type), std::byte{0xff}) {}

StoredValues::StoredValues(StorageType type, std::span<const float> values)
    : StoredValues(type, values.size()) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t half = type == StorageType::f16 ? f16_of(values[i]) : bf16_of(values[i]);
    const void* const from = type == StorageType::f32 ? static_cast<const void*>(&values[i]) : &half;
    std::memcpy(bytes_.data() + i * size_of(type), from, size_of(type));
  }
}

std::vector<float> StoredValues::values() const {
  std::vector<float> all(bytes_.size() / size_of(type_));
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::uint16_t half = 0;
    void* const to = type_ == StorageType::f32 ? static_cast<void*>(&all[i]) : &half;
    std::memcpy(to, bytes_.data() + i * size_of(type_), size_of(type_));
    if (type_ == StorageType::f16) all[i] = of_f16(half);
    if (type_ == StorageType::bf16) all[i] = of_bf16(half);
  }
  return all;
}

void Problem::fill(std::uint64_t seed, float amplitude) {
  Random random(seed);
  const std::int64_t key_tokens = std::accumulate(keys.begin(), keys.end(), std::int64_t{0});
  q = random.values(tokens() * heads * head_dim, amplitude);
  k = random.values(key_tokens * key_heads * head_dim, amplitude);
  v = random.values(key_tokens * key_heads * value_dim);
  for (float& x : q) x = stored(x, type);
  for (float& x : k) x = stored(x, key_type.value_or(type));
  for (float& x : v) x = stored(x, value_type.value_or(type));
}

void Problem::fill_mask(std::uint64_t seed, std::int64_t chance, Spread spread) {
  Random random(seed);
  mask_spread = spread;
  mask.resize(index(Grid(*this, spread).size));
  for (std::uint8_t& x : mask)
    x = random.below(256) < chance ? static_cast<std::uint8_t>(1 + random.below(255)) : std::uint8_t{0};
}

void Problem::fill_bias(std::uint64_t seed, float amplitude, std::int64_t hidden_in, Spread spread) {
  Random random(seed);
  bias_spread = spread;
  bias = random.values(Grid(*this, spread).size, amplitude);
  for (float& x : bias) {
    x = stored(x, bias_type);
    if (hidden_in != 0 && random.below(hidden_in) == 0) x = -HUGE_VALF;
  }
}

void Problem::fill_extreme_bias(std::uint64_t seed) {
  constexpr float least = std::numeric_limits<float>::lowest();
  constexpr float sizes[] = {least, -3e38f, -1.5e38f, 3e38f};
  fill_bias(seed, 2.0f, 0);
  Random random(seed);
  const auto longest = static_cast<std::size_t>(*std::max_element(keys.begin(), keys.end()));
  for (std::size_t row = 0; row < bias.size(); row += longest) {
    const std::int64_t kind = random.below(4);
    for (std::size_t key = row; key < std::min(row + longest, bias.size()); ++key) {
      if (kind == 1) bias[key] = least;
      if (kind == 2 && random.below(2) == 0) bias[key] = least;
      if (kind == 3) bias[key] = sizes[random.below(400) == 0 ? random.below(4) : 0];
    }
  }
}

void Problem::fill_distances(std::uint64_t seed, std::int64_t count, std::int64_t first, bool by_head) {
  distances = count;
  first_distance = first;
  distance_bias = Random(seed).values(by_head ? heads * count : count, 2.0f);
}

std::int64_t Problem::tokens() const {
  return offsets_of(queries).back();
}

std::int64_t Problem::keys_of(std::size_t s) const {
  return key_counts.empty() ? keys[s] : key_counts[s];
}

AttentionHead Problem::head(std::size_t s, std::int64_t h) const {
  AttentionHead head = {queries[s], keys_of(s), head_dim, value_dim};
  const auto take = [](const std::vector<float>& from, std::int64_t first, std::int64_t count,
                       std::int64_t of_heads, std::int64_t number, std::int64_t dim) {
    std::vector<float> rows;
    for (std::int64_t t = first; t < first + count; ++t) {
      const auto begin = from.begin() + (t * of_heads + number) * dim;
      rows.insert(rows.end(), begin, begin + dim);
    }
    return rows;
  };
  const std::int64_t key_head = h / (heads / key_heads), first_key = offsets_of(keys)[s];
  head.q = take(q, offsets_of(queries)[s], head.queries, heads, h, head_dim);
  head.k = take(k, first_key, head.keys, key_heads, key_head, head_dim);
  head.v = take(v, first_key, head.keys, key_heads, key_head, value_dim);
  head.scale = scale.value_or(1.0f / std::sqrt(static_cast<float>(head_dim)));
  head.left = window.left;
  head.right = window.right;
  head.first_key = first_key_positions.empty() ? 0 : first_key_positions[s];
  head.first_position = head.first_key;
  if (first_query == FirstQuery::bottom_right) head.first_position += head.keys - head.queries;
  if (!first_query_positions.empty()) head.first_position = first_query_positions[s];
  head.softcap = softcap;
  if (!mask.empty()) head.mask = part_of(*this, mask, mask_spread, s, h, std::uint8_t{0});
  if (!bias.empty()) head.bias = part_of(*this, bias, bias_spread, s, h, -HUGE_VALF);
  if (!distance_bias.empty()) {
    const auto row = static_cast<std::int64_t>(distance_bias.size()) == distances ? 0 : h * distances;
    head.distance_bias.assign(distance_bias.begin() + row, distance_bias.begin() + row + distances);
    head.first_distance = first_distance;
  }
  if (!sinks.empty()) head.sink = sinks[index(h)];
  head.accumulation = accumulation;
  return head;
}

std::string Problem::text() const {
  std::string all = std::to_string(heads) + "/" + std::to_string(key_heads) + " heads of " +
                    std::to_string(head_dim) + "/" + std::to_string(value_dim) + ":";
  for (std::size_t s = 0; s < sequences(); ++s)
    all += " " + std::to_string(queries[s]) + "x" + std::to_string(keys[s]);
  return all;
}

ProblemMemory::ProblemMemory(const Problem& p)
    : problem_(p),
      offsets_(offsets_of(p.queries)),
      key_offsets_(offsets_of(p.keys)),
      q_(p.type, p.q),
      k_(p.key_type.value_or(p.type), p.k),
      v_(p.value_type.value_or(p.type), p.v),
      bias_(p.bias_type, p.bias),
      out_(p.out_type.value_or(p.type), index(p.tokens() * p.heads * p.value_dim)),
      log_sum_exp_(index(p.tokens() * p.heads), NAN),
      options_{.scale = p.scale,
               .window = p.window,
               .first_query = p.first_query,
               .first_query_positions = p.first_query_positions,
               .first_key_positions = p.first_key_positions,
               .key_counts = p.key_counts,
               .softcap = p.softcap,
               .sinks = p.sinks,
               .log_sum_exp = {log_sum_exp_.data(), p.tokens(), p.heads, 1, p.heads, 1}} {
  if (!p.mask.empty()) {
    options_.mask.data = p.mask.data();
    Grid(p, p.mask_spread).set(options_.mask, p.mask_spread);
  }
  if (!p.bias.empty()) {
    options_.bias.data = bias_.data();
    options_.bias.type = p.bias_type;
    Grid(p, p.bias_spread).set(options_.bias, p.bias_spread);
  }
  if (!p.distance_bias.empty()) {
    const bool by_head = static_cast<std::int64_t>(p.distance_bias.size()) != p.distances;
    options_.distance_bias = {p.distance_bias.data(), p.distances, p.first_distance,
                              by_head ? p.distances : 0};
  }
}

AttentionTensors ProblemMemory::tensors() {
  const Problem& p = problem_;
  const auto view = [&](const StoredValues& values, std::int64_t heads, std::int64_t tokens,
                        std::int64_t dim) {
    return ConstHeadsView{values.data(), tokens, heads, dim, heads * dim, dim, 0, values.type()};
  };
  return {.q = view(q_, p.heads, offsets_.back(), p.head_dim),
          .k = view(k_, p.key_heads, key_offsets_.back(), p.head_dim),
          .v = view(v_, p.key_heads, key_offsets_.back(), p.value_dim),
          .out = {out_.data(), offsets_.back(), p.heads, p.value_dim, p.heads * p.value_dim, p.value_dim, 0,
                  out_.type()},
          .offsets = offsets_,
          .key_offsets = key_offsets_};
}

Results<float> ProblemMemory::run(Engine& engine) {
  attention(engine, tensors(), options_);
  return {out_.values(), log_sum_exp_};
}

Results<float> run(Engine& engine, const Problem& problem) {
  return ProblemMemory(problem).run(engine);
}

Results<float> by_contract(const Problem& problem) {
  Results<float> all = each_head<float>(problem, contract::attention);
  for (float& x : all.out) x = stored(x, problem.out_type.value_or(problem.type));
  return all;
}

Results<double> by_reference(const Problem& problem) {
  return each_head<double>(problem, [](const AttentionHead& head) { return attention(head); });
}

Results<double> tolerance_of(const Problem& problem) {
  return each_head<double>(problem, attention_tolerance);
}

void check_bits(const Problem& problem) {
  INFO(problem.text());
  const Results<float> expected = by_contract(problem);
  int threads = 1;
  for (const Isa isa : supported_isas()) {
    const std::string name(to_string(isa));
    CAPTURE(name);
    Engine engine =
        engine_of_all_threads({.threads = threads, .isa = isa, .accumulation = problem.accumulation});
    const Results<float> got = run(engine, problem);
    CHECK(difference(got.out, expected.out) == "");
    CHECK(difference(got.log_sum_exp, expected.log_sum_exp) == "");
    threads = 4 - threads;  // 1 and 3 alternately
  }
}

void check(const Problem& problem) {
  check_bits(problem);
  INFO(problem.text());
  const Results<float> got = by_contract(problem);
  const Results<double> exact = by_reference(problem), tolerance = tolerance_of(problem);
  CHECK(outside(got.out, exact.out, tolerance.out) == "");
  CHECK(outside(got.log_sum_exp, exact.log_sum_exp, tolerance.log_sum_exp) == "");
}

}  // namespace saccade::test
