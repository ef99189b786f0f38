#include "layers/token_batches.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace saccade {
namespace {

std::vector<std::size_t> ends_of(const std::vector<std::int64_t>& offsets, std::int64_t token_budget) {
  std::vector<std::size_t> ends;
  for (std::size_t end = 0; end + 1 < offsets.size();) {
    end = layers::batch_end(offsets, end, token_budget);
    ends.push_back(end);
  }
  return ends;
}

TEST_CASE("batches are whole sequences under the token budget") {
  using Ends = std::vector<std::size_t>;
  CHECK(ends_of({0}, 10) == Ends{});
  CHECK(ends_of({0, 0, 0}, 10) == Ends{2});
  CHECK(ends_of({0, 5, 10, 11, 40, 41, 50}, 10) == Ends{2, 3, 4, 6});
  CHECK(ends_of({0, 50}, 10) == Ends{1});
  CHECK(ends_of({0, 1, 2, 3}, 1) == Ends{1, 2, 3});
}

}  // namespace
}  // namespace saccade
