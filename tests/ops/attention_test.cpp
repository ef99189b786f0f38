#include <doctest/doctest.h>

#include <cmath>

#include "ops/all_threads.hpp"
#include "ops/batch.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/reference.hpp"

namespace saccade::test {
namespace {

constexpr Layout every_layout[] = {Layout::packed, Layout::fused, Layout::head_major, Layout::spaced};
constexpr Window windows[] = {Window::full(), Window::causal(),         {3, 5},
                              {0, 0},         {Window::unlimited, 100}, {600, 0}};

Batch batch_of(std::vector<std::int64_t> lengths, std::int64_t heads, std::int64_t head_dim,
               std::int64_t value_dim) {
  Batch batch = {std::move(lengths), heads, head_dim, value_dim};
  batch.fill(1, 2.0f);
  return batch;
}

/// [tokens][heads][value_dim] out of each sequence's and head's own result.
template <class T, class Attention>
std::vector<T> each_head(const Batch& batch, const AttentionOptions& options, const Attention& attention_of,
                         std::vector<T> AttentionResult<T>::*part) {
  std::vector<T> all;
  for (std::size_t s = 0; s < batch.lengths.size(); ++s) {
    const std::int64_t length = batch.lengths[s], row = batch.heads * batch.value_dim;
    std::vector<T> sequence(static_cast<std::size_t>(length * row));
    for (std::int64_t h = 0; h < batch.heads; ++h) {
      const std::vector<T> head = attention_of(batch.head(s, h, options)).*part;
      for (std::int64_t t = 0; t < length; ++t)
        std::copy_n(head.begin() + t * batch.value_dim, batch.value_dim,
                    sequence.begin() + t * row + h * batch.value_dim);
    }
    all.insert(all.end(), sequence.begin(), sequence.end());
  }
  return all;
}

std::vector<float> by_contract(const Batch& batch, const AttentionOptions& options) {
  return each_head<float>(batch, options, contract::attention, &AttentionResult<float>::out);
}

const Batch& ragged() {
  static const Batch batch = batch_of({0, 1, 2, 47, 48, 49, 0, 100, 0}, 3, 20, 11);
  return batch;
}

TEST_CASE("keys that do not fit in memory at once are worked on in turn") {
  Batch batch = batch_of({3000, 20, 3000}, 3, 1024, 3);  // 12 MiB a head
  const AttentionOptions own = {.scale = {}, .window = {0, 0}, .probabilities = {}};
  for (const int threads : {1, 3}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    CHECK(attention_workspace(engine, BatchTensors(batch).tensors(), own) < std::size_t{45} << 20);
    CHECK(relative_error<float>(attend(engine, batch, own), batch.v) < 3e-7);
  }
}

TEST_CASE("a ragged batch is each of its sequences, in any layout and under any window") {
  Engine engine;
  for (const Window& window : windows) {
    const AttentionOptions options = {.scale = {}, .window = window, .probabilities = {}};
    const std::vector<float> expected = by_contract(ragged(), options);
    for (const Layout layout : every_layout) {
      const BatchTensors memory(ragged(), layout);
      attention(engine, memory.tensors(), options);
      CHECK(difference(memory.out(), expected) == "");
      CHECK(memory.untouched_beside_out());
    }
  }
}

TEST_CASE("attention agrees with the formula in double precision") {
  Engine engine;
  const Batch batch = batch_of({100, 513, 1, 511, 30}, 2, 17, 9);
  for (const Window& window : windows) {
    const AttentionOptions options = {.scale = {}, .window = window, .probabilities = {}};
    const std::vector<double> expected = each_head<double>(
        batch, options, [](const AttentionHead& h) { return attention(h); }, &AttentionResult<double>::out);
    const std::vector<double> tolerance =
        each_head<double>(batch, options, attention_tolerance, &AttentionResult<double>::out);
    CHECK(outside(attend(engine, batch, options), expected, tolerance) == "");
  }
}

TEST_CASE("the scale is 1/sqrt(head_dim) unless given") {
  Engine engine;
  for (const std::int64_t head_dim : {1, 3, 64, 77}) {
    const Batch batch = batch_of({20, 3}, 2, head_dim, 5);
    CHECK(difference(attend(engine, batch), by_contract(batch, {})) == "");
    for (const float scale : {0.3f, 0.0f, -2.0f}) {
      const AttentionOptions options = {.scale = scale, .window = {}, .probabilities = {}};
      CHECK(difference(attend(engine, batch, options), by_contract(batch, options)) == "");
    }
  }
}

TEST_CASE("a batch without tokens is valid") {
  for (const int threads : {1, 2}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    CHECK(attend(engine, batch_of({}, 2, 3, 4)).empty());
    CHECK(attend(engine, batch_of({0}, 2, 3, 4)).empty());
    CHECK(attend(engine, batch_of({0, 0, 0}, 2, 3, 4)).empty());
  }
}

TEST_CASE("more sequences, heads and dimensions than the usual") {
  Engine engine = engine_of_all_threads({.threads = 3, .isa = {}});
  const Batch many = batch_of(std::vector<std::int64_t>(700, 5), 1, 4, 4);
  CHECK(difference(attend(engine, many), by_contract(many, {})) == "");
  const Batch heads = batch_of({60, 7}, 40, 3, 2);
  CHECK(difference(attend(engine, heads), by_contract(heads, {})) == "");
  const Batch wide = batch_of({52}, 1, 600, 530);
  CHECK(difference(attend(engine, wide), by_contract(wide, {})) == "");
}

/// 32 MiB of packed keys are worked on at once: some heads of the long sequence, then the short ones.
TEST_CASE("a sequence larger than what is packed at once") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  const Batch batch = batch_of({70, 2100, 60, 3}, 5, 2000, 1);
  const AttentionOptions near = {.scale = {}, .window = {0, 1}, .probabilities = {}};
  CHECK(difference(attend(engine, batch, near), by_contract(batch, near)) == "");
}

/// Vaswani et al. scale by the root of the dimension so that scores like these do not saturate: 112 and 96
/// over 8 are 14 and 12, whose softmax is 0.88 and 0.12.
TEST_CASE("the textbook's numbers: scores 112 and 96 of 64 dimensions are 0.88 and 0.12") {
  Engine engine;
  Batch batch = {{2}, 1, 64, 2};
  batch.q.assign(128, 1.0f);
  batch.k.assign(128, 1.75f);                            // 64 * 1.75 = 112
  std::fill(batch.k.begin() + 64, batch.k.end(), 1.5f);  // 64 * 1.5 = 96
  batch.v = {1.0f, 0.0f, 0.0f, 1.0f};
  std::vector<float> p(4);
  const ProbabilitiesRequest request = {.sequence = 0, .heads = {}, .out = p};
  const std::vector<float> out =
      attend(engine, batch, {.scale = {}, .window = {}, .probabilities = {&request, 1}});
  const double large = 1 / (1 + std::exp(12.0 - 14.0));
  CHECK(std::round(large * 100) == 88);
  CHECK(std::abs(static_cast<double>(p[0]) - large) < 1e-7);
  CHECK(std::abs(static_cast<double>(p[1]) - (1 - large)) < 1e-7);
  CHECK(difference(out, p) == "");
}

}  // namespace
}  // namespace saccade::test
