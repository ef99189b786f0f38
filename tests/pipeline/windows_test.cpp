#include "pipeline/batch/windows.hpp"

#include "fixtures/expect_error.hpp"

namespace {

using namespace saccade;
using pipeline::WindowBytes;

std::vector<std::int64_t> plan(const std::vector<std::int64_t>& offsets, double most_activations,
                               std::uint64_t max_memory) {
  const auto bytes_of = [&](std::int64_t first, std::int64_t last) {
    const auto tokens = static_cast<double>(offsets[static_cast<std::size_t>(last)] -
                                            offsets[static_cast<std::size_t>(first)]);
    return WindowBytes{10 * tokens, 0, 5 * tokens};
  };
  return pipeline::plan_windows(offsets, bytes_of, most_activations, max_memory,
                                [](std::int64_t s) { return "sequence " + std::to_string(s); });
}

}  // namespace

TEST_CASE("windows cover all sequences, in order") {
  CHECK(plan({0}, 100, 1000) == std::vector<std::int64_t>{0});
  CHECK(plan({0, 0, 0}, 100, 1000) == std::vector<std::int64_t>{0, 2});
  CHECK(plan({0, 3, 7}, 1000, 1000) == std::vector<std::int64_t>{0, 2});
}

TEST_CASE("a window has at most so many activations, unless it is a single sequence") {
  const std::vector<std::int64_t> offsets = {0, 1, 2, 3, 4, 54, 55, 56};
  const std::vector<std::int64_t> windows = plan(offsets, 30, 1 << 20);
  CHECK(windows.front() == 0);
  CHECK(windows.back() == 7);
  for (std::size_t w = 0; w + 1 < windows.size(); ++w) {
    CHECK(windows[w] < windows[w + 1]);
    const auto tokens =
        offsets[static_cast<std::size_t>(windows[w + 1])] - offsets[static_cast<std::size_t>(windows[w])];
    // The longest sequence has 500 bytes.
    CHECK(10 * tokens <= 500);
  }
}

TEST_CASE("buffers and scratch of all windows fit the limit together") {
  const std::vector<std::int64_t> offsets = {0, 10, 30, 31, 33, 40, 42, 59, 60};
  for (const std::uint64_t limit : {300u, 301u, 450u, 600u, 10000u}) {
    const std::vector<std::int64_t> windows = plan(offsets, 1e9, limit);
    CHECK(windows.back() == 8);
    std::int64_t most = 0;
    for (std::size_t w = 0; w + 1 < windows.size(); ++w)
      most = std::max(most, offsets[static_cast<std::size_t>(windows[w + 1])] -
                                offsets[static_cast<std::size_t>(windows[w])]);
    CHECK(15 * static_cast<std::uint64_t>(most) <= limit);
  }
}

TEST_CASE("a sequence that does not fit is an error with both numbers, wherever it stands") {
  const std::vector<std::int64_t> offsets = {0, 1, 2, 22, 23};
  test::expect_error(ErrorCode::memory_limit, {"sequence 2", "300", "299"},
                     [&] { static_cast<void>(plan(offsets, 1e9, 299)); });
}
