#include <vector>

#include "kernels/each_table.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;

KERNEL_TEST_CASE("fma_peak", "fma_peak counts what it does") {
  for_each_table([](const KernelTable& t) {
    CHECK(t.fma_peak(1) > 0);
    CHECK(t.fma_peak(20) == 2 * t.fma_peak(10));
  });
}

KERNEL_TEST_CASE("read_all", "read_all reads every value") {
  for_each_table([](const KernelTable& t) {
    for (const std::ptrdiff_t n : {1, 15, 16, 127, 128, 129, 300}) {
      std::vector<float> values(static_cast<std::size_t>(n), 0.0f);
      const float nothing = t.read_all({values.data(), n});
      CHECK(nothing == 0.0f);
      values.back() = 1.0f;
      CHECK_NOTHROW(t.read_all({values.data(), n}));
    }
  });
}

}  // namespace
}  // namespace saccade::test
