#include "fuzz/attention_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace saccade::fuzz {
namespace {

constexpr std::byte pattern{0xa5};
constexpr std::int64_t unlimited = Window::unlimited;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

Tensor choose_tensor(Choices& choices, test::Random& random, const std::vector<std::int64_t>& offsets,
                     std::int64_t heads, std::int64_t dim, StorageType type) {
  const Placement p = choose_placement(choices, offsets, heads, dim, true);
  return {{nullptr, offsets.back(), heads, dim, p.token_stride, p.head_stride, p.sequence_stride, type},
          random_memory(random, std::max<std::int64_t>(1, p.elements), type, choose_numbers(choices))};
}

Room choose_room(Choices& choices, const std::vector<std::int64_t>& offsets, std::int64_t heads,
                 std::int64_t dim) {
  const Placement p = choose_placement(choices, offsets, heads, dim, false);
  const StorageType type = choose_storage(choices);
  return {{nullptr, offsets.back(), heads, dim, p.token_stride, p.head_stride, p.sequence_stride, type},
          std::max<std::int64_t>(1, p.elements)};
}

std::int64_t choose_length(Choices& choices, std::int64_t longest) {
  switch (choices.below(6)) {
    case 0:
      return choices.below(4);
    case 1:
      return choices.below(18);
    case 2:
      return choices.below(std::min<std::int64_t>(longest, 50));
    default:
      return choices.below(longest);
  }
}

std::int64_t choose_dim(Choices& choices) {
  return 1 + (choices.rarely(16) ? choices.below(290) : choices.below(35));
}

/// Sequences of a size that a scalar kernel under a sanitizer computes in milliseconds.
void choose_lengths(Choices& choices, Case& c) {
  const std::int64_t sequences = choices.below(4);
  const bool long_keys = choices.rarely(4);
  c.offsets = c.key_offsets = {0};
  for (std::int64_t s = 0; s < sequences; ++s) {
    const std::int64_t cost = c.group * c.key_heads * (c.head_dim + c.value_dim);
    const std::int64_t keys = choose_length(choices, long_keys ? 1100 : 80);
    const std::int64_t most = std::clamp<std::int64_t>(120'000 / (cost * (keys + 1)), 1, 70);
    c.key_offsets.push_back(c.key_offsets.back() + keys);
    c.offsets.push_back(c.offsets.back() + choose_length(choices, most + 1));
  }
}

void choose_positions(Choices& choices, Case& c) {
  const std::size_t n = index(c.sequences());
  if (choices.rarely(3)) {
    for (std::size_t s = 0; s < n; ++s) c.first_key_positions.push_back(16 * choices.below(70));
  }
  if (choices.rarely(3)) {
    for (std::size_t s = 0; s < n; ++s)
      c.key_counts.push_back(choices.below(c.key_offsets[s + 1] - c.key_offsets[s] + 1));
  }
  c.options.first_query = choices.one_of({FirstQuery::bottom_right, FirstQuery::top_left});
  if (!choices.rarely(3)) return;
  const std::int64_t far = choices.rarely(8) ? std::int64_t{1} << 39 : 0;
  for (std::size_t s = 0; s < n; ++s) {
    const std::int64_t first_key = c.first_key_positions.empty() ? 0 : c.first_key_positions[s];
    c.first_query_positions.push_back(first_key + choices.below(c.keys(s) + 30) - 15 - far);
  }
}

std::int64_t choose_reach(Choices& choices) {
  switch (choices.below(4)) {
    case 0:
      return unlimited;
    case 1:
      return 0;
    case 2:
      return choices.below(20);
    default:
      return choices.below(1200);
  }
}

/// Strides of a mask or bias, and the elements that they reach.
template <class View>
std::int64_t place_by_key(Choices& choices, const Case& c, View& view) {
  std::int64_t most_queries = 0, most_keys = 0;
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    most_queries = std::max(most_queries, c.queries(s));
    most_keys = std::max(most_keys, c.keys(s));
  }
  view.keys = std::max<std::int64_t>(
      0, choices.rarely(4) ? choices.below(most_keys + 1) : most_keys + choices.below(2));
  view.key_stride = choices.one_of<std::int64_t>({1, 1, 1, 2, 0});
  std::int64_t next = std::max<std::int64_t>(1, view.keys * view.key_stride);
  const auto dimension = [&](std::int64_t count) {
    if (choices.rarely(3)) return std::int64_t{0};
    const std::int64_t stride = next;
    next *= std::max<std::int64_t>(1, count);
    return stride;
  };
  view.query_stride = dimension(most_queries);
  view.head_stride = dimension(c.heads());
  view.sequence_stride = dimension(c.sequences());
  std::int64_t elements = 1;
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    const std::int64_t keys = std::min(view.keys, c.keys(s));
    if (keys == 0 || c.queries(s) == 0) continue;
    elements = std::max(
        elements, static_cast<std::int64_t>(s) * view.sequence_stride + (c.heads() - 1) * view.head_stride +
                      (c.queries(s) - 1) * view.query_stride + (keys - 1) * view.key_stride + 1);
  }
  return elements;
}

void hide_some(Choices& choices, test::Random& random, Memory& bias, StorageType type) {
  const std::int64_t one_in = choices.one_of<std::int64_t>({0, 2, 9});
  const std::size_t size = size_of(type);
  const std::uint16_t half = type == StorageType::f16 ? 0xfc00u : 0xff80u;
  const float full = -HUGE_VALF;
  for (std::size_t at = 0; one_in != 0 && at < bias.size(); at += size) {
    if (random.below(one_in) != 0) continue;
    if (type == StorageType::f32) {
      std::memcpy(bias.data() + at, &full, size);
    } else {
      std::memcpy(bias.data() + at, &half, size);
    }
  }
}

void choose_rules(Choices& choices, test::Random& random, Case& c) {
  AttentionOptions& o = c.options;
  if (choices.rarely(3)) o.scale = choices.one_of({0.3f, 0.0f, -0.7f, 4.0f, 1e-20f, 1e20f});
  o.window = {choose_reach(choices), choose_reach(choices)};
  if (choices.rarely(4)) o.softcap = choices.one_of({1.0f, 30.0f, 1e-3f, 1e30f});
  if (choices.rarely(3)) {
    c.mask.resize(index(place_by_key(choices, c, o.mask)));
    const std::int64_t one_in = choices.one_of<std::int64_t>({2, 9, 1, 100});
    for (std::uint8_t& x : c.mask)
      x = static_cast<std::uint8_t>(random.below(one_in) == 0 ? 0 : 1 + random.below(255));
  }
  if (choices.rarely(3)) {
    o.bias.type = choose_storage(choices);
    c.bias = random_memory(random, place_by_key(choices, c, o.bias), o.bias.type, choose_numbers(choices));
    hide_some(choices, random, c.bias, o.bias.type);
  }
  if (choices.rarely(3)) {
    o.distance_bias.count = 1 + choices.below(40);
    o.distance_bias.first_distance = choices.below(120) - 80;
    const bool same = choices.rarely(2);
    o.distance_bias.head_stride = same ? 0 : o.distance_bias.count + choices.below(2);
    c.distances = random.values(o.distance_bias.count + (c.heads() - 1) * o.distance_bias.head_stride, 3.0f);
    if (choices.rarely(2)) c.distances[index(choices.below(o.distance_bias.count))] = -HUGE_VALF;
  }
  if (choices.rarely(3)) {
    c.sinks = random.values(c.heads(), 4.0f);
    if (choices.rarely(4)) c.sinks[0] = choices.one_of({-HUGE_VALF, 1e30f, -1e30f});
  }
}

void choose_requests(Choices& choices, Case& c) {
  for (std::int64_t s = 0; s < c.sequences(); ++s) {
    if (!choices.rarely(4)) continue;
    Request r = {.sequence = s};
    if (choices.rarely(2)) {
      r.heads.resize(index(c.heads()));
      std::iota(r.heads.begin(), r.heads.end(), 0);
      std::reverse(r.heads.begin(), r.heads.end());
      r.heads.resize(index(1 + choices.below(c.heads())));
    }
    if (choices.rarely(2)) {
      for (std::int64_t i = choices.below(3); i < c.queries(index(s)); i += 1 + choices.below(4))
        r.queries.push_back(i);
    }
    r.mean = choices.rarely(4);
    if (!r.mean)
      r.point = choices.one_of(
          {ScorePoint::probabilities, ScorePoint::scaled, ScorePoint::capped, ScorePoint::biased});
    const std::int64_t heads = r.mean            ? 1
                               : r.heads.empty() ? c.heads()
                                                 : static_cast<std::int64_t>(r.heads.size());
    r.values = heads * c.keys(index(s)) *
               (r.queries.empty() ? c.queries(index(s)) : static_cast<std::int64_t>(r.queries.size()));
    c.requests.push_back(r);
  }
}

void choose_outputs(Choices& choices, Case& c) {
  c.out = choose_room(choices, c.offsets, c.heads(), c.value_dim);
  c.wants_log_sum_exp = choices.rarely(2);
  if (c.wants_log_sum_exp) c.log_sum_exp = choose_room(choices, c.offsets, c.heads(), 1);
  choose_requests(choices, c);
  std::int64_t fewest = 40, blocks = 0;
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    if (c.queries(s) > 0) fewest = std::min(fewest, c.keys(s));
    const std::int64_t first = c.first_key_positions.empty() ? 0 : c.first_key_positions[s];
    blocks = std::max(blocks, attention_blocks(c.keys(s), first));
  }
  if (choices.rarely(4)) {
    c.top = choices.below(fewest + 1);
    c.top_values = c.offsets.back() * c.heads() * c.top;
    c.options.top_keys = {c.top, nullptr, nullptr, c.heads() * c.top, c.top};
    if (choices.rarely(2)) c.options.top_keys = {c.top, nullptr, nullptr, c.top, c.offsets.back() * c.top};
  }
  if (choices.rarely(4)) c.state_blocks = blocks + choices.below(2);
}

void choose_cache(Choices& choices, test::Random& random, Case& c) {
  c.cached = choices.rarely(2);
  if (!c.cached) return;
  const std::int64_t page_tokens = 16 * (1 + (choices.rarely(4) ? choices.below(35) : choices.below(4)));
  std::int64_t most = 0, used = 0;
  const auto pages_of = [&](std::size_t s) { return (c.all_keys(s) + page_tokens - 1) / page_tokens; };
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    most = std::max(most, pages_of(s));
    used += pages_of(s);
    c.appended_first.push_back(choices.below(c.all_keys(s) + 1));
  }
  const std::int64_t of_sequence = std::max<std::int64_t>(1, most) + choices.below(2);
  c.cache = {.type = c.k.view.type,
             .heads = c.key_heads,
             .head_dim = c.head_dim,
             .value_dim = c.value_dim,
             .page_tokens = page_tokens,
             .pages = of_sequence * c.sequences(),
             .pages_per_sequence = of_sequence};
  if (choices.rarely(3)) return;
  c.cache.pages = used + choices.below(2);
  std::vector<std::int32_t> order(index(c.cache.pages));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[index(random.below(static_cast<std::int64_t>(i)))]);
  c.page_table.assign(index(of_sequence * c.sequences()), -7);  // entries that nobody uses
  std::size_t next = 0;
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    for (std::int64_t i = 0; i < pages_of(s); ++i)
      c.page_table[s * index(of_sequence) + index(i)] = order[next++];
  }
}

std::uint32_t stored_bits(const Memory& memory, StorageType type, std::size_t i) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, memory.data() + i * size_of(type), size_of(type));
  const std::uint32_t infinity = type == StorageType::f32   ? 0x7f800000u
                                 : type == StorageType::f16 ? 0x7c00u
                                                            : 0x7f80u;
  const std::uint32_t magnitude = bits & (type == StorageType::f32 ? 0x7fffffffu : 0x7fffu);
  return magnitude > infinity ? infinity + 1 : bits;
}

bool same(const Memory& a, const Memory& b, StorageType type) {
  for (std::size_t i = 0; i < a.size() / size_of(type); ++i) {
    if (stored_bits(a, type, i) != stored_bits(b, type, i)) return false;
  }
  return a.size() == b.size();
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return (std::isnan(x) && std::isnan(y)) || std::memcmp(&x, &y, sizeof x) == 0;
  });
}

}  // namespace

ConstHeadsView Tensor::read() const {
  ConstHeadsView all = view;
  all.data = memory.data();
  return all;
}

Case choose_case(Choices& choices) {
  Case c;
  test::Random random(static_cast<std::uint64_t>(choices.below(1 << 16)));
  c.key_heads = 1 + choices.below(3);
  c.group = choices.rarely(8) ? 1 + choices.below(14) : 1 + choices.below(3);
  c.head_dim = choose_dim(choices);
  c.value_dim = choose_dim(choices);
  choose_lengths(choices, c);
  choose_positions(choices, c);
  c.q = choose_tensor(choices, random, c.offsets, c.heads(), c.head_dim, choose_storage(choices));
  const StorageType stored = choose_storage(choices);
  c.k = choose_tensor(choices, random, c.key_offsets, c.key_heads, c.head_dim, stored);
  choose_cache(choices, random, c);
  c.v = choose_tensor(choices, random, c.key_offsets, c.key_heads, c.value_dim,
                      c.cached ? stored : choose_storage(choices));
  choose_rules(choices, random, c);
  choose_outputs(choices, c);
  return c;
}

Results::Results(const Case& c)
    : out(index(c.out.elements) * size_of(c.out.view.type), pattern),
      log_sum_exp(index(c.log_sum_exp.elements) * size_of(c.log_sum_exp.view.type), pattern),
      top_keys(index(c.top_values), 12345),
      top_probabilities(index(c.top_values), 12345.0f),
      states(
          c.state_blocks < 0 ? 0 : index(c.offsets.back() * c.heads() * c.state_blocks * (c.value_dim + 2)),
          12345.0f) {
  for (const Request& r : c.requests) scores.emplace_back(index(r.values), 12345.0f);
}

std::string difference(const Case& c, const Results& a, const Results& b) {
  if (!same(a.out, b.out, c.out.view.type)) return "out";
  if (!same(a.log_sum_exp, b.log_sum_exp, c.log_sum_exp.view.type)) return "log_sum_exp";
  for (std::size_t r = 0; r < a.scores.size(); ++r) {
    if (!same(a.scores[r], b.scores[r])) return "probabilities";
  }
  if (a.top_keys != b.top_keys) return "top_keys.keys";
  if (!same(a.top_probabilities, b.top_probabilities)) return "top_keys.probabilities";
  return same(a.states, b.states) ? "" : "states";
}

bool untouched_beside_out(const Case& c, const Results& results) {
  const std::size_t size = size_of(c.out.view.type);
  std::vector<bool> written(results.out.size(), false);
  for (std::size_t s = 0; s < index(c.sequences()); ++s) {
    for (std::int64_t i = 0; i < c.queries(s); ++i) {
      for (std::int64_t h = 0; h < c.heads(); ++h) {
        const std::size_t begin = index(vector_begin(c.out.view, c.offsets, s, i, h)) * size;
        for (std::size_t n = 0; n < index(c.value_dim) * size; ++n) written[begin + n] = true;
      }
    }
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (!written[i] && results.out[i] != pattern) return false;
  }
  return true;
}

CacheMemory::CacheMemory(const Case& c) {
  const std::int64_t places = c.cache.pages * c.cache.heads * c.cache.page_tokens;
  keys.assign(index(places * c.cache.head_dim) * size_of(c.cache.type), std::byte{0xff});
  values.assign(index(places * c.cache.value_dim) * size_of(c.cache.type), std::byte{0xff});
}

KeyValueCache CacheMemory::cache(const Case& c) {
  KeyValueCache all = c.cache;
  all.keys = keys.data();
  all.values = values.data();
  all.page_table = c.page_table;
  return all;
}

Call::Call(const Case& c, Results& results, CacheMemory* memory)
    : offsets(c.offsets),
      key_offsets(c.key_offsets),
      first_query_positions(c.first_query_positions),
      first_key_positions(c.first_key_positions),
      key_counts(c.key_counts),
      sinks(c.sinks),
      page_table(c.page_table),
      cached(memory != nullptr),
      q(c.q.read()),
      k(c.k.read()),
      v(c.v.read()),
      out(c.out.view),
      options(c.options) {
  for (std::size_t s = 0; s < index(c.sequences()); ++s) lengths.push_back(c.all_keys(s));
  if (cached) cache = memory->cache(c);
  out.data = results.out.data();
  for (std::size_t r = 0; r < c.requests.size(); ++r) {
    const Request& request = c.requests[r];
    requests.push_back({.sequence = request.sequence,
                        .heads = request.heads,
                        .out = results.scores[r],
                        .queries = request.queries,
                        .point = request.point,
                        .mean_over_heads = request.mean});
  }
  if (!c.mask.empty()) options.mask.data = c.mask.data();
  if (!c.bias.empty()) options.bias.data = c.bias.data();
  if (!c.distances.empty()) options.distance_bias.data = c.distances.data();
  if (c.wants_log_sum_exp) {
    options.log_sum_exp = c.log_sum_exp.view;
    options.log_sum_exp.data = results.log_sum_exp.data();
  }
  options.top_keys.keys = results.top_keys.data();
  options.top_keys.probabilities = results.top_probabilities.data();
  if (c.state_blocks >= 0) options.states = {results.states.data(), c.state_blocks};
}

void Call::run(Engine& engine) {
  options.first_query_positions = first_query_positions;
  options.first_key_positions = first_key_positions;
  options.key_counts = key_counts;
  options.sinks = sinks;
  options.probabilities = requests;
  if (cached) {
    cache.page_table = page_table;
    return attention(engine, CacheTensors{q, cache, out, offsets, lengths}, options);
  }
  attention(engine, AttentionTensors{q, k, v, out, offsets, key_offsets}, options);
}

bool spoil(Choices& choices, const Case& c, Call& call) {
  AttentionOptions& o = call.options;
  const std::size_t n = index(c.sequences());
  const bool tokens = c.offsets.back() > 0, keys = c.key_offsets.back() > 0;
  const bool uses_pages = call.cached && keys;
  const auto set = [](auto& member, auto value, bool applies = true) {
    if (applies) member = value;
    return applies;
  };
  switch (choices.below(48)) {
    case 0:
      return set(call.q.heads, 0);
    case 1:
      return set(call.q.head_dim, c.head_dim + 1);
    case 2:
      return set(call.out.head_dim, c.value_dim + 1);
    case 3:
      return set(call.out.tokens, call.out.tokens + 1);
    case 4:
      return set(call.out.heads, call.out.heads + 1);
    case 5:
      return set(call.q.data, nullptr, tokens);
    case 6:
      return set(call.q.token_stride, -1, tokens);
    case 7:
      return set(call.q.type, StorageType::i32);
    case 8:
      return set(call.offsets.back(), call.offsets.back() + 1);
    case 9:
      return set(call.offsets[0], 1);
    case 10:
      return set(o.window.left, -1);
    case 11:
      return set(o.window.right, std::numeric_limits<std::int64_t>::min());
    case 12:
      return set(o.softcap, choices.one_of({-1.0f, NAN, HUGE_VALF}));
    case 13:
      call.sinks.resize(index(c.heads() + 1), 1.0f);
      return true;
    case 14:
      call.first_key_positions.assign(n, choices.one_of<std::int64_t>({8, -16, std::int64_t{1} << 41}));
      return n > 0;
    case 15:
      call.first_query_positions.assign(n, choices.one_of({std::int64_t{1} << 50, -(std::int64_t{1} << 50)}));
      return n > 0;
    case 16:
      call.first_query_positions.resize(n + 1);
      return true;
    case 17:
      call.key_counts.assign(n + 1, 0);
      return true;
    case 18:
      call.key_counts.assign(n, choices.one_of<std::int64_t>({-1, 2000}));
      return n > 0;
    case 19:
      return set(o.mask.key_stride, -1, o.mask.data != nullptr);
    case 20:
      return set(o.mask.keys, -1, o.mask.data != nullptr);
    case 21:
      return set(o.bias.type, StorageType::u8, o.bias.data != nullptr);
    case 22:
      return set(o.bias.query_stride, -1, o.bias.data != nullptr);
    case 23:
      return set(o.distance_bias.count, 0, o.distance_bias.data != nullptr);
    case 24:
      return set(o.distance_bias.first_distance, unlimited, o.distance_bias.data != nullptr);
    case 25:
      call.requests.push_back({.sequence = c.sequences()});
      return true;
    case 26:
      if (call.requests.empty()) return false;
      call.requests.push_back(call.requests.back());
      return true;
    case 27:
      if (call.requests.empty() || call.requests[0].out.empty()) return false;
      call.requests[0].out = call.requests[0].out.first(call.requests[0].out.size() - 1);
      return true;
    case 28:
      return set(o.top_keys.k, -1);
    case 29:
      return set(o.top_keys.k, std::int64_t{1} << 60, tokens);
    case 30:
      return set(o.top_keys.keys, nullptr, tokens && c.top > 0);
    case 31:
      return set(o.states.blocks, -1, o.states.data != nullptr && n > 0);
    case 32:
      return set(o.log_sum_exp.head_dim, 2, c.wants_log_sum_exp);
    case 33:
      return set(o.log_sum_exp.type, StorageType::i64, c.wants_log_sum_exp);
    case 34:
      return set(call.out.token_stride, 0, c.out.view.sequence_stride == 0 && c.offsets.back() > 1);
    case 35:
      return set(call.out.head_stride, 0, tokens && c.heads() > 1);
    case 36:
      return set(call.cache.page_tokens, 24, call.cached);
    case 37:
      return set(call.cache.heads, choices.one_of<std::int64_t>({0, -1, c.heads() + 1}), call.cached);
    case 38:
      return set(call.cache.pages_per_sequence, 0, call.cached);
    case 39:
      return set(call.cache.type, StorageType::i8, call.cached);
    case 40:
      return n > 0 && set(call.lengths[0], choices.one_of({std::int64_t{-1}, unlimited}), call.cached);
    case 41:
      return set(call.cache.keys, nullptr, uses_pages);
    case 42:
      return set(call.cache.pages, 0, uses_pages);
    case 43:
      for (std::int32_t& page : call.page_table) page = choices.one_of<std::int32_t>({-1, 1 << 30});
      return uses_pages && !call.page_table.empty();
    case 44:
      call.lengths.push_back(0);
      return call.cached;
    case 45:
      return set(call.cache.value_dim, c.value_dim + 1, call.cached);
    case 46:
      return set(call.k.tokens, call.k.tokens + 1, !call.cached);
    default:
      return set(call.v.heads, c.key_heads + 1, !call.cached);
  }
}

}  // namespace saccade::fuzz
