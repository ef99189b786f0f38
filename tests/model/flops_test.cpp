#include <doctest/doctest.h>

#include "fixtures/paths.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

TEST_CASE("an encoder counts the multiply-adds of its products, two each") {
  Engine engine({.threads = 1, .isa = {}});
  const Encoder encoder = Encoder::load(engine, sample_model_path());
  // 4 layers of width 128 with 512 between the maps: q, k, v, output, up, down; then scores and sums of
  // values.
  const auto expected = [](double tokens, double pairs) {
    return 2.0 * 4 * (tokens * 128 * (4 * 128 + 2 * 512) + 2 * pairs * 128);
  };
  const std::vector<std::int64_t> offsets = {0, 7, 7, 10}, none = {0};
  CHECK(encoder.flops(offsets) == expected(10, 7 * 7 + 3 * 3));
  CHECK(encoder.flops(none) == 0);
}

}  // namespace
}  // namespace saccade::test
