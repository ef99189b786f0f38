#include <doctest/doctest.h>

#include "fixtures/tensors.hpp"
#include "pipeline/random_layer.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

constexpr std::int64_t width = 12;

/// Scratch of an engine that has attended once and done nothing else.
std::size_t scratch_after(const SelfAttention& layer, const States& states, const Integers& rows,
                          bool probabilities) {
  Engine engine({.threads = 2});
  const std::int64_t tokens = states.shape[0];
  const auto all_rows = static_cast<std::int64_t>((states.offsets->size() - 1) * rows.size());
  Floats z(static_cast<std::size_t>(all_rows * layer.output_width()));
  Floats maps(probabilities ? static_cast<std::size_t>(layer.heads() * tokens) * rows.size() : 0);
  layer.forward_rows(engine, {{states.x.data(), tokens, width, width}, *states.offsets}, rows,
                     {z.data(), all_rows, layer.output_width(), layer.output_width()},
                     {.probabilities = maps});
  return engine.scratch_bytes();
}

}  // namespace

TEST_CASE("workspace() tells what attend() takes") {
  Engine engine({.threads = 2});
  const SelfAttention layer = random_layer(engine, width, 2, 5, 7);
  const std::vector<Integers> batches = {{3}, {3, 200, 4, 4, 70}, {5000, 3, 4096, 9}};
  for (const Integers& lengths : batches) {
    const States states = random_states(lengths, width);
    for (const Integers& rows : {Integers{0}, Integers{2, 0, 2, 1}}) {
      const std::size_t bytes = layer.workspace(engine, *states.offsets, rows);
      CHECK(scratch_after(layer, states, rows, false) == bytes);
      CHECK(scratch_after(layer, states, rows, true) == bytes);
    }
  }
}
