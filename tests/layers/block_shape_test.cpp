// Blocks of shapes that no family of encoders has yet: fewer key heads than query heads, a head_dim that is
// not hidden_size / heads, gate and up in separate tensors.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "layers/encoder_pass.hpp"
#include "layers/flops.hpp"
#include "reference/compare.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

using Values = std::vector<float>;

constexpr std::int64_t hidden = 24, heads = 6, key_heads = 2, head_dim = 10, inner = 20, vocabulary = 30;
constexpr std::int64_t max_tokens = 40;
const std::vector<std::int64_t> offsets = {0, 3, 3, 40, 49};

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

layers::BlockShape make_shape(std::int64_t key_head_count) {
  layers::BlockShape shape;
  shape.attention = {hidden, heads, key_head_count, head_dim};
  shape.norm = {layers::NormPlace::before_sublayer, 1e-6, false};
  shape.feed_forward = layers::FeedForwardKind::gated;
  shape.intermediate_size = inner;
  shape.activation = kernels::Activation::silu;
  return shape;
}

/// The tensors of one block, and what stands before and behind the layers.
struct Tensors {
  Values words = Random(1).values(vocabulary * hidden);
  Values query = Random(2).values(heads * head_dim * hidden, 0.5f);
  Values key = Random(3).values(key_heads * head_dim * hidden, 0.5f);
  Values value = Random(4).values(key_heads * head_dim * hidden, 0.5f);
  Values output = Random(5).values(hidden * heads * head_dim, 0.5f);
  Values gate = Random(6).values(inner * hidden, 0.5f);
  Values up = Random(7).values(inner * hidden, 0.5f);
  Values down = Random(8).values(hidden * inner, 0.5f);
  Values attention_gamma = Random(9).values(hidden), feed_forward_gamma = Random(10).values(hidden),
         final_gamma = Random(11).values(hidden);
};

/// Rows [key_heads * head_dim][hidden] with each head as often as query heads share it.
Values repeat_heads(const Values& rows) {
  Values repeated;
  constexpr std::int64_t size = head_dim * hidden;
  for (std::int64_t head = 0; head < heads; ++head) {
    const auto begin = rows.begin() + head / (heads / key_heads) * size;
    repeated.insert(repeated.end(), begin, begin + size);
  }
  return repeated;
}

ops::LinearView linear(const Values& weight, std::int64_t in) {
  const auto out = static_cast<std::int64_t>(weight.size()) / in;
  return {.weight = {weight.data(), StorageType::f32, out, in, in}, .bias = {}};
}

/// Two layers, the second with a window, both with the same block and rotary positions.
layers::PackedEncoder pack(Engine& engine, const Tensors& t, std::int64_t key_head_count) {
  const auto maps = [&](const auto&... views) {
    return ops::pack_weights(scheduler::context_of(engine), std::array{views...});
  };
  layers::PackedEncoder encoder;
  encoder.shape = make_shape(key_head_count);
  encoder.max_tokens = max_tokens;
  encoder.embeddings.words = {t.words.data(), StorageType::f32, vocabulary, hidden, hidden};
  layers::PackedBlock& block = encoder.blocks.emplace_back();
  block.qkv = maps(linear(t.query, hidden), linear(t.key, hidden), linear(t.value, hidden));
  block.attention_output = maps(linear(t.output, heads * head_dim));
  block.attention_norm = {t.attention_gamma, {}, 1e-6f};
  block.gate_up = maps(linear(t.gate, hidden), linear(t.up, hidden));
  block.down = maps(linear(t.down, inner));
  block.feed_forward_norm = {t.feed_forward_gamma, {}, 1e-6f};
  encoder.rotary.push_back(
      ops::make_rotary_table(scheduler::context_of(engine), 10'000, head_dim, max_tokens));
  encoder.layers.push_back({.shape = {.block = 0}, .rotary = 0});
  encoder.layers.push_back({.shape = {.block = 0, .window = {2, 1}}, .rotary = 0});
  encoder.final_norm = {t.final_gamma, {}, 1e-6f};
  return encoder;
}

std::vector<std::int32_t> token_ids() {
  Random random(12);
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < offsets.back(); ++i)
    ids.push_back(static_cast<std::int32_t>(random.below(vocabulary)));
  return ids;
}

Values encode(Engine& engine, const layers::PackedEncoder& encoder, const EncodeOptions& wanted = {}) {
  const std::vector<std::int32_t> ids = token_ids();
  Values out(ids.size() * hidden);
  layers::EncoderPass pass(scheduler::context_of(engine), encoder,
                           {.ids = ids, .types = {}, .offsets = offsets},
                           {out.data(), offsets.back(), hidden, hidden}, wanted);
  scheduler::ScratchPool::Lease lease(scheduler::context_of(engine).scratch, pass.workspace());
  pass.run(lease.memory());
  return out;
}

// The same in double, by the textbook.

using Row = std::vector<double>;

Row product(const Values& weight, const Row& x) {
  Row y(weight.size() / x.size(), 0.0);
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += static_cast<double>(weight[i * x.size() + j]) * x[j];
  return y;
}

Row norm(const Values& gamma, const Row& x) {
  double mean = 0, variance = 0;
  for (const double v : x) mean += v / hidden;
  for (const double v : x) variance += (v - mean) * (v - mean) / hidden;
  Row y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = static_cast<double>(gamma[i]) * (x[i] - mean) / std::sqrt(variance + 1e-6);
  return y;
}

void rotate(Row& row, std::int64_t position) {
  for (std::size_t head = 0; head < row.size(); head += head_dim) {
    for (std::size_t i = 0; i < head_dim / 2; ++i) {
      const double angle =
          static_cast<double>(position) * std::pow(10'000.0, -2.0 * static_cast<double>(i) / head_dim);
      double &x = row[head + i], &y = row[head + i + head_dim / 2];
      const double turned = x * std::cos(angle) - y * std::sin(angle);
      y = y * std::cos(angle) + x * std::sin(angle);
      x = turned;
    }
  }
}

/// The context of the query at `position` over a sequence's keys and values.
Row attend(const Row& query, const std::vector<Row>& keys, const std::vector<Row>& values,
           std::int64_t position, const Window& window) {
  Row context(query.size(), 0.0);
  for (std::int64_t head = 0; head < heads; ++head) {
    const std::int64_t key_head = head / (heads / key_heads);
    Row weights(keys.size(), 0.0);
    double sum = 0;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const std::int64_t distance = static_cast<std::int64_t>(k) - position;
      if (-distance > window.left || distance > window.right) continue;
      double score = 0;
      for (std::int64_t d = 0; d < head_dim; ++d)
        score += query[index(head * head_dim + d)] * keys[k][index(key_head * head_dim + d)];
      weights[k] = std::exp(score / std::sqrt(static_cast<double>(head_dim)));
      sum += weights[k];
    }
    for (std::size_t k = 0; k < keys.size(); ++k)
      for (std::int64_t d = 0; d < head_dim; ++d)
        context[index(head * head_dim + d)] += weights[k] / sum * values[k][index(key_head * head_dim + d)];
  }
  return context;
}

void add(Row& x, const Row& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

void run_layer(const Tensors& t, const Window& window, std::vector<Row>& sequence) {
  std::vector<Row> queries, keys, values;
  for (const Row& x : sequence) {
    const auto position = static_cast<std::int64_t>(queries.size());
    const Row input = norm(t.attention_gamma, x);
    rotate(queries.emplace_back(product(t.query, input)), position);
    rotate(keys.emplace_back(product(t.key, input)), position);
    values.push_back(product(t.value, input));
  }
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    Row& x = sequence[i];
    const auto position = static_cast<std::int64_t>(i);
    add(x, product(t.output, attend(queries[i], keys, values, position, window)));
    const Row input = norm(t.feed_forward_gamma, x), up = product(t.up, input);
    Row gate = product(t.gate, input);
    for (std::size_t j = 0; j < gate.size(); ++j) gate[j] = gate[j] / (1 + std::exp(-gate[j])) * up[j];
    add(x, product(t.down, gate));
  }
}

TEST_CASE("grouped key heads, any head_dim and separate gate and up agree with a reference in double") {
  const Tensors tensors;
  Engine engine;
  const Values got = encode(engine, pack(engine, tensors, key_heads));
  const std::vector<std::int32_t> ids = token_ids();
  double largest = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    std::vector<Row> sequence;
    for (std::int64_t i = offsets[s - 1]; i < offsets[s]; ++i) {
      const auto word = tensors.words.begin() + ids[index(i)] * hidden;
      sequence.emplace_back(word, word + hidden);
    }
    run_layer(tensors, Window::full(), sequence);
    run_layer(tensors, {2, 1}, sequence);
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      const Row expected = norm(tensors.final_gamma, sequence[i]);
      for (std::int64_t j = 0; j < hidden; ++j) {
        const std::int64_t row = offsets[s - 1] + static_cast<std::int64_t>(i);
        largest = std::max(largest,
                           std::abs(static_cast<double>(got[index(row * hidden + j)]) - expected[index(j)]));
      }
    }
  }
  CHECK(largest < 2e-5);
}

TEST_CASE("same bits: grouped key heads give what each query head gives with a copy of its key head") {
  const Tensors tensors;
  Tensors copies = tensors;
  copies.key = repeat_heads(tensors.key);
  copies.value = repeat_heads(tensors.value);
  for (const int threads : {1, 3}) {
    Engine engine({.threads = threads});
    constexpr std::int64_t few = key_heads * head_dim, all = heads * head_dim;
    Values keys(index(offsets.back() * few)), repeated(index(offsets.back() * all));
    const std::array<LayerTrace, 2> traces = {LayerTrace{.keys = {keys.data(), offsets.back(), few, few}},
                                              {}},
                                    others = {LayerTrace{.keys = {repeated.data(), offsets.back(), all, all}},
                                              {}};
    const Values grouped = encode(engine, pack(engine, tensors, key_heads), {.traces = traces});
    const Values copied = encode(engine, pack(engine, copies, heads), {.traces = others});
    CHECK(difference(grouped, copied) == "");
    for (std::size_t i = 0; i < repeated.size(); ++i) {
      const std::size_t token = i / all, head = i % all / head_dim, d = i % head_dim;
      CHECK(repeated[i] == keys[token * few + head / (heads / key_heads) * head_dim + d]);
    }
  }
}

TEST_CASE("flops count the maps of query and key heads, and both gate and up") {
  const Tensors tensors;
  Engine engine;
  double pairs = 0, near = 0;  // of all tokens, and of those up to 2 before and 1 after
  for (const double n : {3.0, 37.0, 9.0}) {
    pairs += n * n;
    near += 4 * n - 4;
  }
  const double tokens = 49, context = heads * head_dim, keys = key_heads * head_dim;
  const double maps = hidden * (2 * context + 2 * keys + 3 * inner);
  CHECK(layers::encoder_flops(pack(engine, tensors, key_heads), offsets) ==
        2 * (2 * tokens * maps + 2 * context * (pairs + near)));
}

}  // namespace
}  // namespace saccade::test
