#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/random.hpp"
#include "reference/reference.hpp"

namespace saccade::test {
namespace {

std::vector<float> by_kernel(const kernels::KernelTable& t, const std::vector<float>& scores, float scale) {
  const auto columns = static_cast<std::int64_t>(scores.size());
  GuardedMatrix in(1, columns, columns, columns % 5), out(1, columns, columns, columns % 3);
  in.assign(scores);
  t.row_softmax({in.data(), out.data(), columns, scale});
  CHECK(out.guards_hold());
  CHECK(difference(in.values(), scores) == "");
  t.row_softmax({in.data(), in.data(), columns, scale});  // in place
  CHECK(difference(in.values(), out.values()) == "");
  return out.values();
}

TEST_CASE("same bits: row_softmax of any length") {
  Random random(1);
  for (const std::int64_t columns : {1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 511, 512, 513, 1023, 1025, 5000}) {
    CAPTURE(columns);
    const std::vector<float> scores = random.values(columns, 32.0f);
    for (const float scale : {1.0f, 0.125f, 0.3f, -1.0f, 0.0f}) {
      const std::vector<float> expected = contract::softmax(scores, scale);
      for_each_table([&](const kernels::KernelTable& t) {
        CHECK(difference(by_kernel(t, scores, scale), expected) == "");
      });
    }
  }
}

TEST_CASE("same bits: row_softmax of NaN, infinities and huge scores") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& special : {std::vector<float>{nan},
                                            {-infinity},
                                            {-infinity, 3.0f},
                                            {infinity, 1.0f},
                                            {1.0f, nan, -infinity},
                                            {3e30f, 1e20f},
                                            {5e6f, 5e6f - 1.0f, 0.0f}}) {
    for (const std::size_t rest : {0u, 20u, 600u}) {
      std::vector<float> scores = special;
      scores.resize(special.size() + rest, -2.0f);
      const std::vector<float> expected = contract::softmax(scores, 1.0f);
      for_each_table([&](const kernels::KernelTable& t) {
        CHECK(difference(by_kernel(t, scores, 1.0f), expected) == "");
      });
    }
  }
}

TEST_CASE("row_softmax agrees with the formula") {
  const std::vector<float> scores = Random(2).values(1100, 16.0f);
  std::vector<double> scaled;
  for (const float s : scores) scaled.push_back(static_cast<double>(s) * 0.5);
  const std::vector<double> expected = softmax(scaled);
  std::vector<double> tolerance;
  for (const double p : expected) tolerance.push_back(p * (4 * 16 + 40) * 0x1p-24);
  for_each_table([&](const kernels::KernelTable& t) {
    CHECK(outside(by_kernel(t, scores, 0.5f), expected, tolerance) == "");
  });
}

/// Beside a score of 0, whose power is 1, a small power comes out as it is: their sum rounds to 1.
float power_of(const kernels::KernelTable& t, float score) {
  const float scores[] = {0.0f, score};
  float p[2];
  t.row_softmax({scores, p, 2, 1.0f});
  CHECK(p[0] == 1.0f);
  return p[1];
}

TEST_CASE("exp2 is within 2e-7 of the power, and +0 far below") {
  constexpr double log2_e = 1.44269504088896340736f;
  for_each_table([](const kernels::KernelTable& t) {
    double largest = 0;
    Random random(3);
    for (int i = 0; i < 100000; ++i) {
      const float score = -52.0f - 34.0f * random.uniform();
      const double expected = std::exp2(static_cast<double>(score) * log2_e);
      largest = std::max(largest, std::abs(static_cast<double>(power_of(t, score)) / expected - 1));
    }
    CHECK(largest < 2e-7);  // 9.6e-8 of the polynomial and its roundings
    for (const float score : {-87.5f, -100.0f, -1e4f, -1e9f, -1e30f}) {
      const float p = power_of(t, score);
      CHECK(p == 0.0f);
      CHECK(!std::signbit(p));
    }
  });
}

}  // namespace
}  // namespace saccade::test
