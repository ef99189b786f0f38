#include "ops/linear.hpp"

#include <doctest/doctest.h>

#include "ops/each_engine.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/hash.hpp"
#include "reference/random.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

using kernels::Activation;

/// A linear map, its input, and what may follow it.
struct Case {
  std::int64_t rows, in, out;
  std::vector<float> x, weight, bias, gate, residual;

  Case(std::int64_t row_count, std::int64_t inputs, std::int64_t outputs)
      : rows(row_count), in(inputs), out(outputs) {
    Random random(static_cast<std::uint64_t>(rows + in + out));
    x = random.values(rows * in);
    weight = random.values(out * in, 0.25f);
    bias = random.values(out);
    gate = random.values(rows * out);
    residual = random.values(rows * out);
  }

  [[nodiscard]] ops::PackedWeights packed(Engine& engine) const {
    const ops::LinearView map = {.weight = {weight.data(), StorageType::f32, out, in, in},
                                 .bias = {bias.data(), StorageType::f32, 1, out, out}};
    return ops::pack_weights(scheduler::context_of(engine), {&map, 1});
  }
  [[nodiscard]] std::vector<float> expected(float (*activation)(float), bool gated, bool added) const {
    std::vector<float> y;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < out; ++j) {
        const auto at = static_cast<std::size_t>(i * out + j);
        y.push_back(contract::linear_element(x.data() + i * in, weight.data() + j * in, in,
                                             {&bias[static_cast<std::size_t>(j)], activation,
                                              gated ? &gate[at] : nullptr, added ? &residual[at] : nullptr}));
      }
    }
    return y;
  }
};

/// linear() into `out`, whose rows are apart.
void run(Engine& engine, const Case& c, MatrixView out, const ops::LinearEpilogue& epilogue) {
  const ops::PackedWeights packed = c.packed(engine);
  AlignedBuffer<std::byte> workspace(ops::linear_workspace(scheduler::context_of(engine), packed));
  ops::linear(scheduler::context_of(engine), {c.x.data(), c.rows, c.in, c.in}, packed, 0, out,
              workspace.data(), epilogue);
}

TEST_CASE("same bits: linear maps with activation, gate and residual, in tasks of any shape") {
  std::uint64_t hash = 0;
  for (const Case& c : {Case(1, 40, 500), Case(300, 33, 70), Case(145, 300, 16)}) {
    const std::vector<float> gated = c.expected(contract::gelu, true, false),
                             added = c.expected(contract::relu, false, true),
                             all = c.expected(contract::silu, true, true);
    hash = hash_of(all, hash_of(added, hash_of(gated, hash)));
    const ConstMatrixView gate = {c.gate.data(), c.rows, c.out, c.out},
                          residual = {c.residual.data(), c.rows, c.out, c.out};
    for_each_engine([&](Engine& engine) {
      GuardedMatrix y(c.rows, c.out, c.out + 3, 1);
      const MatrixView out = {y.data(), c.rows, c.out, y.stride()};
      run(engine, c, out, {.activation = Activation::gelu, .factor = gate});
      CHECK(difference(y.values(), gated) == "");
      run(engine, c, out, {.activation = Activation::relu, .residual = residual});
      CHECK(difference(y.values(), added) == "");
      run(engine, c, out, {.activation = Activation::silu, .factor = gate, .residual = residual});
      CHECK(difference(y.values(), all) == "");
      CHECK(y.guards_hold());
    });
  }
  CHECK(hash == 0x56cc5485cdf12a35);
}

TEST_CASE("the gate and the residual may be where the output is") {
  const Case c(150, 20, 90);
  for_each_engine([&](Engine& engine) {
    std::vector<float> y = c.gate;
    const MatrixView out = {y.data(), c.rows, c.out, c.out};
    run(engine, c, out, {.activation = Activation::gelu, .factor = out});
    CHECK(difference(y, c.expected(contract::gelu, true, false)) == "");
    y = c.residual;
    run(engine, c, out, {.residual = out});
    CHECK(difference(y, c.expected(nullptr, false, true)) == "");
  });
}

}  // namespace
}  // namespace saccade::test
