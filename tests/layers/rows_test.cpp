#include <doctest/doctest.h>

#include "layers/layer.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

/// attend() of these rows must be those rows of forward(), bit for bit.
void check_rows(const std::vector<std::int64_t>& lengths, const std::vector<std::int64_t>& rows,
                std::int64_t output_width, int threads) {
  Engine engine({.threads = threads, .isa = {}});
  const SelfAttention layer(engine, views_of(made_up_weights(11, 3, 5, output_width)), 3);
  const LayerBatch batch = LayerBatch::of(11, lengths);
  for (const Window& window : {Window::full(), Window::causal(), Window{2, 9}}) {
    const RowsOutput got = attend(engine, layer, batch, rows, window);
    const float* p = got.probabilities.data();
    for (std::size_t s = 0; s < batch.sequences(); ++s) {
      const auto keys = static_cast<std::size_t>(batch.length(s));
      std::vector<float> maps(3 * keys * keys);
      const ProbabilitiesRequest request = {.sequence = 0, .heads = {}, .out = maps};
      const LayerOutput all = forward(engine, layer, batch.sequence(s), window, {&request, 1});
      for (std::size_t h = 0; h < 3; ++h) {
        for (const std::int64_t row : rows) {
          const float* const expected = maps.data() + (h * keys + static_cast<std::size_t>(row)) * keys;
          CHECK(difference({p, keys}, {expected, keys}) == "");
          p += keys;
        }
      }
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = static_cast<std::int64_t>(s * rows.size() + i);
        const std::int64_t width = layer.output_width(), context = layer.context_width();
        CHECK(difference(rows_of(got.z, width, at, 1), rows_of(all.z, width, rows[i], 1)) == "");
        CHECK(difference(rows_of(got.context, context, at, 1), rows_of(all.context, context, rows[i], 1)) ==
              "");
      }
    }
    CHECK(p == got.probabilities.data() + got.probabilities.size());
  }
}

TEST_CASE("same bits: chosen rows as the forward pass has them") {
  for (const int threads : {1, 2}) {
    check_rows({7, 60, 5}, {0}, 13, threads);
    check_rows({7, 60, 5}, {4, 0, 4}, 13, threads);  // any order, and twice
    check_rows({600}, {599, 511, 512, 0}, 13, threads);
    check_rows({9, 8}, {7, 1}, 0, threads);
  }
}

TEST_CASE("same bits: more rows than a row block, and more tokens than a group") {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < 100; ++i) rows.push_back((i * 37) % 100);
  check_rows({100, 130}, rows, 13, 2);
  check_rows(std::vector<std::int64_t>(30, 200), {3, 199}, 4, 2);
}

TEST_CASE("z alone may be asked for") {
  Engine engine;
  const SelfAttention layer(engine, views_of(made_up_weights(11, 3, 5, 13)), 3);
  const LayerBatch batch = LayerBatch::of(11, {7, 60});
  const RowsOutput all = attend(engine, layer, batch, {6, 2});
  std::vector<float> z(4 * 13);
  const std::int64_t rows[] = {6, 2};
  layer.forward_rows(engine, batch.view(), rows, {z.data(), 4, 13, 13});
  CHECK(difference(z, all.z) == "");
}

}  // namespace
}  // namespace saccade::test
