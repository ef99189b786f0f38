#include <doctest/doctest.h>

#include <cmath>
#include <memory>

#include "layers/layer.hpp"
#include "reference/allocations.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

constexpr double tolerance = 4e-6;

void check_against_formula(const LayerWeights& weights, const LayerBatch& batch, const Window& window) {
  Engine engine;
  const SelfAttention layer(engine, views_of(weights), weights.heads);
  const LayerOutput got = forward(engine, layer, batch, window);
  std::vector<double> z, context;
  for (std::size_t s = 0; s < batch.sequences(); ++s) {
    const LayerResult expected = self_attention(weights, batch.sequence(s).x, window.left, window.right);
    z.insert(z.end(), expected.z.begin(), expected.z.end());
    context.insert(context.end(), expected.context.begin(), expected.context.end());
  }
  CHECK(relative_error<double>(got.z, z) < tolerance);
  CHECK(relative_error<double>(got.context, context) < tolerance);
}

TEST_CASE("a layer agrees with the formula for any sizes") {
  for (const Window& window : {Window::full(), Window::causal(), Window{4, 2}}) {
    check_against_formula(made_up_weights(20, 3, 7, 13), LayerBatch::of(20, {1, 0, 5, 60}), window);
    check_against_formula(made_up_weights(1, 1, 1, 1), LayerBatch::of(1, {3}), window);
    check_against_formula(made_up_weights(16, 2, 16, 0), LayerBatch::of(16, {17, 49}), window);
    check_against_formula(made_up_weights(33, 1, 65, 130), LayerBatch::of(33, {10}), window);
  }
}

TEST_CASE("a layer may have no biases") {
  LayerWeights weights = made_up_weights(12, 2, 5, 9);
  for (auto* bias : {&weights.query_bias, &weights.key_bias, &weights.value_bias, &weights.output_bias})
    bias->clear();
  check_against_formula(weights, LayerBatch::of(12, {20, 3}), Window::full());
}

TEST_CASE("a layer knows its sizes") {
  Engine engine;
  const SelfAttention layer(engine, views_of(made_up_weights(20, 3, 7, 13)), 3);
  CHECK(layer.width() == 20);
  CHECK(layer.heads() == 3);
  CHECK(layer.context_width() == 21);
  CHECK(layer.output_width() == 13);
  const SelfAttention plain(engine, views_of(made_up_weights(20, 3, 7, 0)), 3);
  CHECK(plain.output_width() == 21);
}

TEST_CASE("without an output projection z is the context") {
  Engine engine;
  const SelfAttention layer(engine, views_of(made_up_weights(10, 2, 9, 0)), 2);
  const LayerBatch batch = LayerBatch::of(10, {30, 4});
  const LayerOutput got = forward(engine, layer, batch);
  CHECK(difference(got.z, got.context) == "");
  std::vector<float> z(got.z.size());
  layer.forward(engine, batch.view(), {z.data(), batch.tokens(), 18, 18});
  CHECK(difference(z, got.z) == "");
}

TEST_CASE("x, z and context may have rows wider than they are") {
  Engine engine({.threads = 2, .isa = {}});
  const SelfAttention layer(engine, views_of(made_up_weights(10, 2, 9, 5)), 2);
  const LayerBatch batch = LayerBatch::of(10, {30, 4});
  const LayerOutput expected = forward(engine, layer, batch);
  std::vector<float> x(34 * 12, NAN), z(34 * 7, -1.0f), context(34 * 20, -1.0f);
  for (std::size_t t = 0; t < 34; ++t)
    std::copy_n(batch.x.begin() + static_cast<std::ptrdiff_t>(t * 10), 10,
                x.begin() + static_cast<std::ptrdiff_t>(t * 12));
  layer.forward(engine, {{x.data(), 34, 10, 12}, batch.offsets}, {z.data(), 34, 5, 7},
                {.window = {}, .context = {context.data(), 34, 18, 20}, .probabilities = {}});
  for (std::size_t t = 0; t < 34; ++t) {
    CHECK(difference({&z[t * 7], 5}, {&expected.z[t * 5], 5}) == "");
    CHECK(difference({&context[t * 20], 18}, {&expected.context[t * 18], 18}) == "");
    CHECK(z[t * 7 + 5] == -1.0f);
    CHECK(context[t * 20 + 19] == -1.0f);
  }
}

TEST_CASE("batches without tokens are valid") {
  for (const int threads : {1, 2}) {
    Engine engine({.threads = threads, .isa = {}});
    const SelfAttention layer(engine, views_of(made_up_weights(10, 2, 9, 5)), 2);
    for (const std::vector<std::int64_t>& lengths : {std::vector<std::int64_t>{}, {0}, {0, 0, 0}}) {
      CHECK(forward(engine, layer, LayerBatch::of(10, lengths)).z.empty());
      CHECK(attend(engine, layer, LayerBatch::of(10, lengths), {}).z.empty());
    }
    CHECK(forward(engine, layer, LayerBatch::of(10, {0, 3, 0})).z.size() == 15);
  }
}

TEST_CASE("a layer may be moved and outlives its weights") {
  Engine engine;
  const LayerBatch batch = LayerBatch::of(10, {7});
  auto weights = std::make_unique<LayerWeights>(made_up_weights(10, 2, 9, 5));
  SelfAttention layer(engine, views_of(*weights), 2);
  const LayerOutput expected = forward(engine, layer, batch);
  weights.reset();
  const SelfAttention moved = std::move(layer);
  CHECK(difference(forward(engine, moved, batch).z, expected.z) == "");
}

TEST_CASE("a layer may be used with another engine than it was packed with") {
  Engine first({.threads = 1, .isa = Isa::scalar}), second({.threads = 2, .isa = supported_isas().back()});
  const SelfAttention layer(first, views_of(made_up_weights(10, 2, 9, 5)), 2);
  const LayerBatch batch = LayerBatch::of(10, {70});
  CHECK(difference(forward(first, layer, batch).z, forward(second, layer, batch).z) == "");
}

TEST_CASE("workspace tells what a forward pass takes, and it does not grow with the batch") {
  for (const int threads : {1, 2}) {
    Engine engine({.threads = threads, .isa = {}});
    const SelfAttention layer(engine, views_of(made_up_weights(16, 2, 8, 16)), 2);
    const LayerBatch batch = LayerBatch::of(16, {100, 3, 700});
    const std::size_t bytes = layer.workspace(engine, batch.offsets);
    forward(engine, layer, batch);
    CHECK(engine.scratch_bytes() == bytes);
    const LayerBatch many = LayerBatch::of(16, std::vector<std::int64_t>(1000, 40)),
                     more = LayerBatch::of(16, std::vector<std::int64_t>(4000, 40));
    CHECK(layer.workspace(engine, many.offsets) == layer.workspace(engine, more.offsets));
    CHECK(layer.workspace(engine, std::vector<std::int64_t>{0}) == 0);
  }
}

TEST_CASE("flops count each visible pair of query and key") {
  Engine engine;
  const std::int64_t width = 10, context = 18, output = 5;
  const SelfAttention layer(engine, views_of(made_up_weights(width, 2, 9, output)), 2);
  for (const Window& window :
       {Window::full(), Window::causal(), Window{3, 1}, Window{0, 0}, Window{100, 7}}) {
    std::int64_t pairs = 0;
    for (const std::int64_t length : {1, 20, 7}) {
      for (std::int64_t i = 0; i < length; ++i) {
        for (std::int64_t j = 0; j < length; ++j)
          pairs += j < i ? i - j <= window.left : j - i <= window.right;
      }
    }
    const std::int64_t expected = 2 * (28 * (3 * width * context + context * output) + 2 * pairs * context);
    CHECK(layer.flops(std::vector<std::int64_t>{0, 1, 21, 21, 28}, window) == static_cast<double>(expected));
  }
}

TEST_CASE("passes allocate nothing once the engine is warm") {
  if (!allocations_are_counted()) return;
  for (const int threads : {1, 2}) {
    Engine engine({.threads = threads, .isa = {}});
    const SelfAttention layer(engine, views_of(made_up_weights(16, 2, 8, 16)), 2);
    const LayerBatch batch = LayerBatch::of(16, {100, 3, 70});
    std::vector<float> z(173 * 16), context(173 * 16), row_z(3 * 2 * 16), rows_p(2 * 2 * 173), p(2 * 9);
    const std::int64_t rows[] = {0, 2};
    const ProbabilitiesRequest request = {.sequence = 1, .heads = {}, .out = p};
    const ForwardOptions options = {
        .window = {}, .context = {context.data(), 173, 16, 16}, .probabilities = {&request, 1}};
    const auto taken_by = [&](int calls) {
      const std::int64_t before = allocations();
      for (int i = 0; i < calls; ++i) {
        layer.forward(engine, batch.view(), {z.data(), 173, 16, 16}, options);
        layer.forward_rows(engine, batch.view(), rows, {row_z.data(), 6, 16, 16},
                           {.window = {}, .context = {}, .probabilities = rows_p});
      }
      return allocations() - before;
    };
    taken_by(50);
    std::int64_t taken = 1;
    for (int attempt = 0; attempt < 3 && taken != 0; ++attempt) taken = taken_by(100);
    CHECK(taken == 0);
  }
}

}  // namespace
}  // namespace saccade::test
