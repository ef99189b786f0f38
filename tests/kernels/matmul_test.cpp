#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/half.hpp"
#include "reference/random.hpp"
#include "reference/reference.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

using kernels::Activation;
using kernels::KernelTable;
using kernels::panel_width;

float (*contract_of(Activation activation))(float) {
  switch (activation) {
    case Activation::none:
      return nullptr;
    case Activation::relu:
      return contract::relu;
    case Activation::gelu:
      return contract::gelu;
    case Activation::gelu_tanh:
      return contract::gelu_tanh;
    case Activation::silu:
      return contract::silu;
    case Activation::tanh:
      return contract::tanh;
  }
  return nullptr;
}

/// left [rows][depth] times weight [columns][depth].
struct Product {
  std::int64_t rows, columns, depth;
  bool with_bias = false, with_gate = false, with_residual = false;
  Activation activation = Activation::none;
  std::vector<float> left = {}, weight = {}, bias = {}, gate = {}, residual = {};

  void fill(std::uint64_t seed) {
    Random random(seed);
    left = random.values(rows * depth);
    weight = random.values(columns * depth);
    bias = random.values(columns);
    residual = random.values(rows * columns);
    gate = random.values(rows * columns);
  }
  [[nodiscard]] contract::Epilogue epilogue(std::int64_t i, std::int64_t j) const {
    const auto at = static_cast<std::size_t>(i * columns + j);
    return {with_bias ? &bias[static_cast<std::size_t>(j)] : nullptr, contract_of(activation),
            with_gate ? &gate[at] : nullptr, with_residual ? &residual[at] : nullptr};
  }
};

std::vector<float> by_contract(const Product& p, Accumulation accumulation = Accumulation::fp32) {
  std::vector<float> out;
  for (std::int64_t i = 0; i < p.rows; ++i) {
    for (std::int64_t j = 0; j < p.columns; ++j)
      out.push_back(contract::linear_element(p.left.data() + i * p.depth, p.weight.data() + j * p.depth,
                                             p.depth, p.epilogue(i, j), accumulation));
  }
  return out;
}

std::vector<float> pack(const KernelTable& t, const Product& p) {
  std::vector<float> panels(static_cast<std::size_t>(kernels::round_up(p.columns, panel_width) * p.depth));
  t.pack_panels({p.weight.data(), false, p.depth, p.columns, p.depth, panels.data()});
  return panels;
}

/// The kernel's result, with rows `gap` elements wider than they are.
std::vector<float> by_kernel(const KernelTable& t, const Product& p, std::int64_t gap,
                             int max_prefetch_rate = 3) {
  GuardedMatrix left(p.rows, p.depth, p.depth + gap, gap), out(p.rows, p.columns, p.columns + gap, gap % 5),
      residual(p.rows, p.columns, p.columns + 2 * gap), gate(p.rows, p.columns, p.columns + 3 * gap),
      scratch(1, kernels::matmul_scratch(p.depth));
  left.assign(p.left);
  residual.assign(p.residual);
  gate.assign(p.gate);
  const std::vector<float> panels = pack(t, p);
  t.matmul_block({.left = left.data(),
                  .left_row_stride = left.stride(),
                  .rows = p.rows,
                  .panels = panels.data(),
                  .depth = p.depth,
                  .columns = p.columns,
                  .out = out.data(),
                  .out_stride = out.stride(),
                  .epilogue = {.bias = p.with_bias ? p.bias.data() : nullptr,
                               .activation = p.activation,
                               .gate = p.with_gate ? gate.data() : nullptr,
                               .gate_stride = gate.stride(),
                               .residual = p.with_residual ? residual.data() : nullptr,
                               .residual_stride = residual.stride()},
                  .scratch = scratch.data(),
                  .max_prefetch_rate = max_prefetch_rate});
  CHECK(out.guards_hold());
  CHECK(scratch.guards_hold());
  return out.values();
}

void check(Product p, std::uint64_t seed) {
  CAPTURE(p.rows);
  CAPTURE(p.columns);
  CAPTURE(p.depth);
  p.fill(seed);
  const auto gap = static_cast<std::int64_t>(seed % 4);
  const std::vector<float> in_fp32 = by_contract(p), in_fp64 = by_contract(p, Accumulation::fp64);
  for_each_table([&](const KernelTable& t) {
    for (const int max_prefetch_rate : {3, 8})
      CHECK(difference(by_kernel(t, p, gap, max_prefetch_rate), in_fp32) == "");
  });
  for_each_table([&](const KernelTable& t) { CHECK(difference(by_kernel(t, p, gap), in_fp64) == ""); },
                 Accumulation::fp64);
}

const std::vector<std::int64_t> rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 23, 24, 25, 47, 48};
const std::vector<std::int64_t> columns = {1,  7,  8,  9,  15, 16, 17, 31,  32,  33,
                                           47, 48, 49, 63, 64, 65, 80, 127, 128, 130};
const std::vector<std::int64_t> depths = {1,   2,   3,   4,   5,   15,  127, 128, 129,
                                          255, 256, 257, 384, 511, 512, 513, 600};

KERNEL_TEST_CASE("matmul_block", "same bits: a matrix product at every edge of its tiles") {
  for (std::int64_t n = 1; n <= kernels::matmul_rows; ++n) check({n, 33, 21}, 1);
  for (std::int64_t n = 1; n <= 130; ++n) check({7, n, 21}, 2);
  for (const std::int64_t n : depths) check({13, 70, n}, 3);
  for (const std::int64_t n : depths) check({16, 130, n}, 4);  // prefetches panels in every few steps
  for (const std::int64_t n : {34, 35, 36, 37, 38}) check({n, 130, 300}, 5);
  // Rows a page apart are copied.
  check({13, 70, 1024}, 0);
  check({144, 70, 2048}, 0);
}

TEST_CASE("same bits: matrix products of any size with any epilogue") {
  Random random(11);
  for (std::uint64_t i = 0; i < 96; ++i) {
    Product p = {random.choose(rows), random.choose(columns), random.choose(depths)};
    p.with_bias = i & 1u;
    p.with_gate = i & 2u;
    p.with_residual = i & 4u;
    p.activation = static_cast<Activation>(i / 8 % 6);
    check(p, i);
  }
}

TEST_CASE("a matrix product is as near to exact as its chain is long") {
  Product p = {48, 130, 600};
  p.fill(5);
  const std::vector<double> left(p.left.begin(), p.left.end());
  const std::vector<double> expected = linear(left, p.weight, {}, p.depth, p.columns);
  const std::vector<double> tolerance(expected.size(), 260.0 * 0x1p-24 * static_cast<double>(p.depth));
  for_each_table(
      [&](const KernelTable& t) { CHECK(outside(by_kernel(t, p, 0), expected, tolerance) == ""); });
}

KERNEL_TEST_CASE("matmul_block/fp64", "in fp64 a matrix product is rounded to fp32 once for each piece") {
  Product p = {48, 130, 600, true};
  p.fill(5);
  const std::vector<double> left(p.left.begin(), p.left.end());
  const std::vector<double> expected = linear(left, p.weight, p.bias, p.depth, p.columns);
  double largest = 0;
  for (const double x : expected) largest = std::max(largest, std::abs(x));
  const std::vector<double> tolerance(expected.size(), 3 * 0x1p-24 * 2 * largest);
  for_each_table([&](const KernelTable& t) { CHECK(outside(by_kernel(t, p, 0), expected, tolerance) == ""); },
                 Accumulation::fp64);
}

TEST_CASE("relu keeps NaN and makes every negative number +0") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  Product p = {1, 5, 1};
  p.with_bias = true;
  p.activation = Activation::relu;
  p.left = {0.0f};
  p.weight.assign(5, 0.0f);
  p.bias = {nan, -1.0f, 2.0f, -std::numeric_limits<float>::infinity(), -0x1p-149f};
  p.residual.assign(5, 0.0f);
  p.gate.assign(5, 0.0f);
  const std::vector<float> expected = {nan, 0.0f, 2.0f, 0.0f, 0.0f};
  for_each_table([&](const KernelTable& t) { CHECK(difference(by_kernel(t, p, 0), expected) == ""); });
}

TEST_CASE("a NaN in one row or column stays there") {
  Product p = {13, 70, 40};
  p.fill(6);
  p.left[5 * 40 + 7] = std::numeric_limits<float>::quiet_NaN();
  p.weight[69 * 40] = std::numeric_limits<float>::infinity();
  const std::vector<float> expected = by_contract(p);
  for_each_table([&](const KernelTable& t) { CHECK(difference(by_kernel(t, p, 1), expected) == ""); });
}

TEST_CASE("the residual and the gate may be the output") {
  Product p = {13, 40, 20};
  p.with_gate = p.with_residual = true;
  p.fill(8);
  p.gate = p.residual;
  const auto check_table = [&](const KernelTable& t) {
    const std::vector<float> expected = by_contract(p, t.accumulation);
    std::vector<float> out = p.residual, panels = pack(t, p),
                       scratch(static_cast<std::size_t>(kernels::matmul_scratch(p.depth)));
    t.matmul_block({p.left.data(),
                    p.depth,
                    p.rows,
                    panels.data(),
                    p.depth,
                    p.columns,
                    out.data(),
                    p.columns,
                    {.gate = p.with_gate ? out.data() : nullptr,
                     .gate_stride = p.columns,
                     .residual = out.data(),
                     .residual_stride = p.columns},
                    scratch.data()});
    CHECK(difference(out, expected) == "");
  };
  for (const bool gated : {true, false}) {
    p.with_gate = gated;
    for_each_table(check_table);
    for_each_table(check_table, Accumulation::fp64);
  }
}

/// Random numbers as f16 or bf16, whose bits are random but for the exponent.
std::vector<std::uint16_t> random_halves(std::int64_t count, StorageType type, Random& random) {
  std::vector<std::uint16_t> halves;
  const std::uint32_t from = type == StorageType::f16 ? 0x2c00 : 0x3d00;
  for (std::int64_t i = 0; i < count; ++i)
    halves.push_back(static_cast<std::uint16_t>((random.below(2) << 15) + from + random.below(0x800)));
  return halves;
}

KERNEL_TEST_CASE("matmul_block", "same bits: panels of f16 and bf16 give what their values in fp32 give") {
  Random random(41);
  for (const StorageType type : {StorageType::f16, StorageType::bf16}) {
    for (const std::int64_t height : {1, 6, 7, 36, 37, 144}) {
      for (const std::int64_t depth : {1, 7, 64, 256, 300, 520}) {
        for (const std::int64_t width : {5, 16, 70, 130}) {
          const std::int64_t values = kernels::round_up(width, kernels::panel_width) * depth;
          const std::vector<std::uint16_t> halves = random_halves(values, type, random);
          std::vector<float> widened;
          for (const std::uint16_t x : halves)
            widened.push_back(type == StorageType::f16 ? of_f16(x) : of_bf16(x));
          const std::vector<float> left = random.values(height * depth), bias = random.values(width);
          for_each_table([&](const KernelTable& t) {
            const auto product = [&](const void* panels, StorageType stored, std::ptrdiff_t widen_once_rows) {
              GuardedMatrix out(height, width, width),
                  scratch(1, kernels::matmul_scratch(depth, stored), kernels::matmul_scratch(depth, stored));
              t.matmul_block({.left = left.data(),
                              .left_row_stride = depth,
                              .rows = height,
                              .panels = panels,
                              .depth = depth,
                              .columns = width,
                              .out = out.data(),
                              .out_stride = width,
                              .epilogue = {.bias = bias.data(), .activation = Activation::relu},
                              .scratch = scratch.data(),
                              .max_prefetch_rate = widen_once_rows == 0 ? 8 : 3,
                              .type = stored,
                              .widen_once_rows = widen_once_rows});
              CHECK((out.guards_hold() && scratch.guards_hold()));
              return out.values();
            };
            const auto in_fp32 = product(widened.data(), StorageType::f32, 0);
            CHECK(difference(product(halves.data(), type, 0), in_fp32) == "");
            CHECK(difference(product(halves.data(), type, 1000), in_fp32) == "");
          });
        }
      }
    }
  }
}

}  // namespace
}  // namespace saccade::test
