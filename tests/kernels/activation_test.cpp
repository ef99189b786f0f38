// The activations of a matrix product's epilogue, of each table, against their formulas in double precision.

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/hash.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

using kernels::Activation;
using kernels::KernelTable;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// activation(x), through a product of depth 1 with 1.
std::vector<float> activated(const KernelTable& t, const std::vector<float>& x, Activation activation) {
  const auto columns = static_cast<std::int64_t>(x.size());
  const float one = 1.0f;
  std::vector<float> panels(static_cast<std::size_t>(kernels::round_up(columns, kernels::panel_width))),
      out(x.size()), scratch(static_cast<std::size_t>(kernels::matmul_scratch(1)));
  t.pack_panels({x.data(), false, 1, columns, 1, panels.data()});
  t.matmul_block({.left = &one,
                  .left_row_stride = 1,
                  .rows = 1,
                  .panels = panels.data(),
                  .depth = 1,
                  .columns = columns,
                  .out = out.data(),
                  .out_stride = columns,
                  .epilogue = {.activation = activation},
                  .scratch = scratch.data()});
  return out;
}

/// Floats from 2^-40 to `last`, alternately positive and negative, every `step`-th one.
std::vector<float> sweep(float last, std::uint32_t step) {
  std::vector<float> x;
  for (auto bits = std::bit_cast<std::uint32_t>(0x1p-40f); bits <= std::bit_cast<std::uint32_t>(last);
       bits += step) {
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(-x.back());
  }
  return x;
}

struct Worst {
  double negative = 0, positive = 0;
};

/// Largest relative errors in units of 2^-24, each divided by `allowance(x)`.
template <class Exact, class Allowance>
Worst worst_error(const std::vector<float>& x, const std::vector<float>& got, const Exact& exact,
                  const Allowance& allowance) {
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto one = static_cast<double>(x[i]);
    const double error = std::abs(static_cast<double>(got[i]) / exact(one) - 1) * 0x1p24 / allowance(one);
    double& side = x[i] < 0 ? worst.negative : worst.positive;
    if (!(error <= side)) side = error;
  }
  return worst;
}

constexpr auto plain = [](double) { return 1.0; };

double sigmoid(double v) {
  return 1 / (1 + std::exp(-v));
}

double twice_inner(double x) {
  return 2 * std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
}

TEST_CASE("gelu is within 8 * 2^-24 of its value, relatively, wherever that is") {
  const std::vector<float> x = sweep(13.13f, 4999);
  const auto exact = [](double v) { return v * std::erfc(-v * std::sqrt(0.5)) / 2; };
  for_each_table([&](const KernelTable& t) {
    const Worst worst = worst_error(x, activated(t, x, Activation::gelu), exact, plain);
    CHECK(worst.negative < 8.0);
    CHECK(worst.negative > 4.0);
    CHECK(worst.positive < 6.0);
  });
}

TEST_CASE("silu is within 5 * 2^-24 of its value, relatively") {
  const std::vector<float> x = sweep(87.0f, 4999);
  const auto exact = [](double v) { return v * sigmoid(v); };
  for_each_table([&](const KernelTable& t) {
    const Worst worst = worst_error(x, activated(t, x, Activation::silu), exact, plain);
    CHECK(worst.negative < 5.0);
    CHECK(worst.negative > 2.0);
    CHECK(worst.positive < 5.0);
  });
}

TEST_CASE("gelu by tanh is as near as its argument's roundings let it be") {
  const std::vector<float> x = sweep(9.7f, 4999);
  const auto exact = [](double v) { return v * sigmoid(twice_inner(v)); };
  const auto allowance = [](double v) { return 5 + (v < 0 ? 3 * std::abs(twice_inner(v)) : 0); };
  for_each_table([&](const KernelTable& t) {
    const Worst worst = worst_error(x, activated(t, x, Activation::gelu_tanh), exact, allowance);
    CHECK(worst.negative < 1.0);
    CHECK(worst.negative > 0.2);
    CHECK(worst.positive < 1.0);
  });
}

TEST_CASE("activations of what is special") {
  const std::vector<float> x = {nan, infinity, -infinity, 1e30f, -1e30f, 3e5f, -3e5f, 20.0f, 0x1p-120f, 0.0f},
                           expected = {nan, infinity, 0.0f, 1e30f, 0.0f, 3e5f, 0.0f, 20.0f, 0x1p-121f, 0.0f};
  for_each_table([&](const KernelTable& t) {
    for (const Activation activation : {Activation::gelu, Activation::gelu_tanh, Activation::silu})
      CHECK(difference(activated(t, x, activation), expected) == "");
  });
}

TEST_CASE("gelu is exactly 0 or x where the rest does not count") {
  for_each_table([&](const KernelTable& t) {
    const std::vector<float> got = activated(t, {-13.14f, -13.5f, 5.6f, 13.0f, 14.0f}, Activation::gelu);
    CHECK(difference(got, std::vector<float>{0.0f, 0.0f, 5.6f, 13.0f, 14.0f}) == "");
  });
}

struct Golden {
  Activation activation;
  float (*contract)(float);
  std::uint64_t hash;
};

TEST_CASE("same bits: activations") {
  std::vector<float> x = sweep(200.0f, 9973);
  x.insert(x.end(), {0.0f, -0.0f, nan, infinity, -infinity, 0x1p-149f, -0x1p-127f, 3e38f, -3e38f});
  for (const Golden& golden : {Golden{Activation::gelu, contract::gelu, 0xd5f031c2167a7406},
                               Golden{Activation::gelu_tanh, contract::gelu_tanh, 0x9e0bb4208975f4cd},
                               Golden{Activation::silu, contract::silu, 0x1838bd0fead9cd45},
                               Golden{Activation::tanh, contract::tanh, 0x2146aa9b7e597f65}}) {
    std::vector<float> expected;
    for (const float one : x) expected.push_back(golden.contract(one + 0.0f));
    const std::uint64_t hash = hash_of(expected);
    CHECK(hash == golden.hash);
    for_each_table(
        [&](const KernelTable& t) { CHECK(difference(activated(t, x, golden.activation), expected) == ""); });
  }
}

}  // namespace
}  // namespace saccade::test
