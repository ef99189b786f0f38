// What masks, storage types and caches cost: the operator against itself without them, against the FMA peak,
// and against the memory's read bandwidth. One thread, 12 heads, the fastest ISA.

#include <cmath>
#include <functional>
#include <string>

#include "bench/random.hpp"
#include "paired.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::bench {
namespace {

constexpr std::int64_t heads = 12;

std::size_t index(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// Values as bf16: their upper halves.
std::vector<std::uint16_t> to_bf16(const std::vector<float>& values) {
  std::vector<std::uint16_t> out;
  for (const float x : values)
    out.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16));
  return out;
}

/// Self-attention of sequences of one length.
struct Operands {
  Operands(std::int64_t sequences, std::int64_t length, std::int64_t dim)
      : tokens(sequences * length), width(heads * dim), head_dim(dim) {
    for (std::int64_t s = 0; s <= sequences; ++s) offsets.push_back(s * length);
    flops = 4.0 * static_cast<double>(tokens) * static_cast<double>(length * width);
    q = random_values(index(tokens * width), 1);
    k = random_values(index(tokens * width), 2);
    v = random_values(index(tokens * width), 3);
    out.resize(q.size());
  }
  [[nodiscard]] HeadsView view(std::vector<float>& data) const {
    return {data.data(), tokens, heads, head_dim, width, head_dim};
  }
  [[nodiscard]] AttentionTensors tensors() {
    return {.q = view(q), .k = view(k), .v = view(v), .out = view(out), .offsets = offsets};
  }

  std::int64_t tokens, width, head_dim;
  std::vector<std::int64_t> offsets;
  double flops;
  std::vector<float> q, k, v, out;
};

/// How fast attention with these options is, as a share of attention without them.
void against_plain(benchmark::State& state, std::int64_t length,
                   const std::function<void(Operands&, AttentionTensors&, AttentionOptions&)>& change) {
  Engine engine({.threads = 1, .isa = {}});
  Operands operands(1, length, 64);
  const AttentionTensors plain = operands.tensors();
  AttentionTensors tensors = plain;
  AttentionOptions options;
  change(operands, tensors, options);
  const auto reference = [&] { return rate_of([&] { attention(engine, plain); }, operands.flops); };
  run_against(state, "speed_of_plain", reference, operands.flops,
              [&] { attention(engine, tensors, options); });
}

void boolean_mask(benchmark::State& state) {
  constexpr std::int64_t length = 2048;
  std::vector<std::uint8_t> mask;
  for (const float x : random_values(index(length * length), 4)) mask.push_back(x > 0 ? 1 : 0);
  against_plain(state, length, [&](Operands&, AttentionTensors&, AttentionOptions& o) {
    o.mask = {.data = mask.data(), .keys = length, .query_stride = length};
  });
}

void additive_bias(benchmark::State& state) {
  constexpr std::int64_t length = 2048;
  const std::vector<float> bias = random_values(index(length * length), 4);
  against_plain(state, length, [&](Operands&, AttentionTensors&, AttentionOptions& o) {
    o.bias = {.data = bias.data(), .keys = length, .query_stride = length};
  });
}

void distance_bias(benchmark::State& state) {
  constexpr std::int64_t length = 2048;
  const std::vector<float> bias = random_values(index(2 * length * heads), 4);
  against_plain(state, length, [&](Operands&, AttentionTensors&, AttentionOptions& o) {
    o.distance_bias = {
        .data = bias.data(), .count = 2 * length, .first_distance = -length, .head_stride = 2 * length};
  });
}

void softcap(benchmark::State& state) {
  against_plain(state, 2048, [](Operands&, AttentionTensors&, AttentionOptions& o) { o.softcap = 20.0f; });
}

void causal(benchmark::State& state) {
  against_plain(state, 4096,
                [](Operands&, AttentionTensors&, AttentionOptions& o) { o.window = Window::causal(); });
}

void window(benchmark::State& state) {
  against_plain(state, 8192, [](Operands&, AttentionTensors&, AttentionOptions& o) { o.window = {256, 0}; });
}

void bf16_keys(benchmark::State& state) {
  std::vector<std::uint16_t> k, v;
  against_plain(state, 2048, [&](Operands& operands, AttentionTensors& t, AttentionOptions&) {
    k = to_bf16(operands.k);
    v = to_bf16(operands.v);
    t.k.data = k.data();
    t.v.data = v.data();
    t.k.type = t.v.type = StorageType::bf16;
  });
}

/// Keys in parts of 512 that continue running states, as a share of the speed of one call.
void running_parts(benchmark::State& state) {
  constexpr std::int64_t length = 2048, part = 512;
  Engine engine({.threads = 1, .isa = {}});
  Operands operands(1, length, 64);
  const AttentionTensors whole = operands.tensors();
  std::vector<float> running(index(length * heads * (operands.head_dim + 2)));
  const std::vector<std::int64_t> key_offsets = {0, part};
  const auto run_parts = [&] {
    for (std::int64_t key = 0; key < length; key += part) {
      AttentionTensors tensors = whole;
      tensors.k.data = operands.k.data() + key * operands.width;
      tensors.v.data = operands.v.data() + key * operands.width;
      tensors.k.tokens = tensors.v.tokens = part;
      tensors.key_offsets = key_offsets;
      const std::vector<std::int64_t> first_key = {key};
      attention(engine, tensors, {.first_key_positions = first_key, .running = {running.data(), key == 0}});
    }
  };
  const auto one_call = [&] { return rate_of([&] { attention(engine, whole); }, operands.flops); };
  run_against(state, "speed_of_plain", one_call, operands.flops, run_parts);
}

/// `sequences` of one length in one call, against the FMA peak.
void against_peak(benchmark::State& state, std::int64_t sequences, std::int64_t length,
                  std::int64_t head_dim) {
  Engine engine({.threads = 1, .isa = {}});
  Operands operands(sequences, length, head_dim);
  const AttentionTensors tensors = operands.tensors();
  run_paired(
      state, engine, 1, operands.flops, [&] { attention(engine, tensors); },
      static_cast<double>(operands.tokens));
}

/// One query for each of 32 sequences of 1024 keys.
struct Decode {
  static constexpr std::int64_t sequences = 32, length = 1024, head_dim = 64, width = heads * head_dim;
  Decode()
      : q(random_values(index(sequences * width), 1)),
        k(random_values(index(sequences * length * width), 2)),
        v(random_values(index(sequences * length * width), 3)),
        out(q.size()) {
    for (std::int64_t s = 0; s <= sequences; ++s) {
      offsets.push_back(s);
      key_offsets.push_back(s * length);
    }
  }
  [[nodiscard]] ConstHeadsView keys(const std::vector<float>& data) const {
    return {data.data(), sequences * length, heads, head_dim, width, head_dim};
  }
  [[nodiscard]] ConstHeadsView queries() const {
    return {q.data(), sequences, heads, head_dim, width, head_dim};
  }
  [[nodiscard]] HeadsView outputs() { return {out.data(), sequences, heads, head_dim, width, head_dim}; }

  std::vector<float> q, k, v, out;
  std::vector<std::int64_t> offsets, key_offsets;
};

/// Counters: bytes of keys and values a second, and their share of the read bandwidth.
template <class Work>
void against_bandwidth(benchmark::State& state, Engine& engine, double bytes, const Work& work) {
  const auto bandwidth = [&] { return measure_read_bandwidth(engine, 1, 0.01) * 1e9; };
  state.counters["GB/s"] = run_against(state, "share_of_bandwidth", bandwidth, bytes, work) * 1e-9;
}

void decode_from_rows(benchmark::State& state) {
  Engine engine({.threads = 1, .isa = {}});
  Decode d;
  const AttentionTensors tensors = {.q = d.queries(),
                                    .k = d.keys(d.k),
                                    .v = d.keys(d.v),
                                    .out = d.outputs(),
                                    .offsets = d.offsets,
                                    .key_offsets = d.key_offsets};
  against_bandwidth(state, engine, 4.0 * static_cast<double>(d.k.size() + d.v.size()),
                    [&] { attention(engine, tensors); });
}

void decode_from_cache(benchmark::State& state, StorageType type) {
  Engine engine({.threads = 1, .isa = {}});
  Decode d;
  std::vector<float> keys(d.k.size()), values(d.v.size());
  const KeyValueCache cache = {.keys = keys.data(),
                               .values = values.data(),
                               .type = type,
                               .heads = heads,
                               .head_dim = Decode::head_dim,
                               .value_dim = Decode::head_dim,
                               .page_tokens = Decode::length,
                               .pages = Decode::sequences};
  const std::vector<std::int64_t> none(index(Decode::sequences), 0),
      lengths(index(Decode::sequences), Decode::length);
  append(engine, cache, none, d.keys(d.k), d.keys(d.v), d.key_offsets);
  const CacheTensors tensors = {
      .q = d.queries(), .cache = cache, .out = d.outputs(), .offsets = d.offsets, .lengths = lengths};
  against_bandwidth(state, engine,
                    static_cast<double>(size_of(type)) * static_cast<double>(d.k.size() + d.v.size()),
                    [&] { attention(engine, tensors); });
}

template <class... Arguments>
void add(const std::string& name, Arguments&&... arguments) {
  paired(benchmark::RegisterBenchmark(("operator/" + name).c_str(), arguments...));
}

[[maybe_unused]] const bool registered = [] {
  add("2048/boolean_mask", boolean_mask);
  add("2048/bias", additive_bias);
  add("2048/distance_bias", distance_bias);
  add("2048/softcap", softcap);
  add("2048/bf16_keys", bf16_keys);
  add("2048/running_parts", running_parts);
  add("4096/causal", causal);
  add("8192/window256", window);
  for (const std::int64_t head_dim : {32, 64, 80, 128})
    add("2048/head_dim" + std::to_string(head_dim), against_peak, 1, 2048, head_dim);
  for (const std::int64_t length : {16, 32, 64, 128}) {
    add("length" + std::to_string(length), against_peak, 1, length, 64);
    add("length" + std::to_string(length) + "x2000", against_peak, 2000, length, 64);
  }
  add("decode/rows", decode_from_rows);
  add("decode/cache_f32", decode_from_cache, StorageType::f32);
  add("decode/cache_f16", decode_from_cache, StorageType::f16);
  return true;
}();

}  // namespace
}  // namespace saccade::bench
