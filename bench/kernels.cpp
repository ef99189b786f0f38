// Every kernel of every supported ISA, on one thread, straight from the kernel tables.

#include <cmath>
#include <string>

#include "bench/random.hpp"
#include "kernels/table/cpu_features.hpp"
#include "kernels/table/select.hpp"
#include "paired.hpp"

namespace saccade::bench {
namespace {

using kernels::Activation;
using kernels::KernelTable;
using kernels::matmul_rows;
using kernels::panel_width;
using kernels::round_up;
using kernels::row_block;

struct Product {
  std::int64_t rows, columns, depth;
  Activation activation = Activation::none;

  [[nodiscard]] std::string name() const {
    static constexpr const char* suffixes[] = {"", "/relu", "/gelu", "/gelu_tanh", "/silu", "/tanh"};
    return std::to_string(rows) + "x" + std::to_string(columns) + "x" + std::to_string(depth) +
           suffixes[static_cast<int>(activation)];
  }
};

std::size_t unsigned_of(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

void matmul(benchmark::State& state, const KernelTable* table, Product p) {
  Engine engine({.threads = 1, .isa = table->isa});
  const auto left = random_values(unsigned_of(p.rows * p.depth), 1),
             weight = random_values(unsigned_of(p.columns * p.depth), 2);
  const auto bias = random_values(unsigned_of(p.columns), 3);
  std::vector<float> panels(unsigned_of(round_up(p.columns, panel_width) * p.depth)),
      out(unsigned_of(p.rows * p.columns));
  std::vector<float> scratch(unsigned_of(kernels::matmul_scratch(p.depth)));
  table->pack_panels({weight.data(), false, p.depth, p.columns, p.depth, panels.data()});
  const double flops =
      2.0 * static_cast<double>(p.rows) * static_cast<double>(p.columns) * static_cast<double>(p.depth);
  run_paired(state, engine, 1, flops, [&] {
    for (std::int64_t row = 0; row < p.rows; row += matmul_rows) {
      table->matmul_block({.left = left.data() + row * p.depth,
                           .left_row_stride = p.depth,
                           .rows = std::min(matmul_rows, p.rows - row),
                           .panels = panels.data(),
                           .depth = p.depth,
                           .columns = p.columns,
                           .out = out.data() + row * p.columns,
                           .out_stride = p.columns,
                           .epilogue = {.bias = bias.data(), .activation = p.activation},
                           .scratch = scratch.data()});
    }
  });
}

void attention_block(benchmark::State& state, const KernelTable* table, std::int64_t keys,
                     std::int64_t head_dim) {
  Engine engine({.threads = 1, .isa = table->isa});
  const auto q = random_values(unsigned_of(row_block * head_dim), 1),
             k = random_values(unsigned_of(keys * head_dim), 2);
  const auto v = random_values(unsigned_of(keys * head_dim), 3);
  std::vector<float> panels(unsigned_of(round_up(keys, panel_width) * head_dim)), out(q.size());
  std::vector<float> scratch(unsigned_of(kernels::AttentionScratch{
      .head_dim = head_dim, .value_dim = head_dim, .blocks = kernels::key_blocks(keys, 0)}
                                             .values()));
  std::vector<std::uint8_t> finite(unsigned_of(kernels::blocks_of(keys, kernels::key_block)));
  table->pack_panels({k.data(), false, head_dim, keys, head_dim, panels.data()});
  table->pack_values({v.data(), head_dim, keys, head_dim, finite.data()});
  const kernels::AttentionBlock block = {
      .q = {q.data(), head_dim},
      .rows = row_block,
      .source = {.keys = panels.data(), .values = v.data(), .value_stride = head_dim},
      .finite = finite.data(),
      .keys = keys,
      .head_dim = head_dim,
      .value_dim = head_dim,
      .rules = {.scale = 1.0f / std::sqrt(static_cast<float>(head_dim)),
                .left = kernels::KeySource::whole,
                .right = kernels::KeySource::whole},
      .first_position = 0,
      .out = {out.data(), head_dim},
      .scratch = scratch.data()};
  const double flops = 4.0 * static_cast<double>(row_block * keys * head_dim);
  run_paired(state, engine, 1, flops, [&] { table->attention_block(block); });
}

/// Bytes moved a second: these kernels do little arithmetic.
template <class Work>
void run_bytes(benchmark::State& state, double bytes, const Work& work) {
  work();
  for (auto _ : state) work();
  state.counters["bytes/s"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
}

void pack_panels(benchmark::State& state, const KernelTable* table, std::int64_t columns,
                 std::int64_t depth) {
  const auto source = random_values(unsigned_of(columns * depth), 1);
  std::vector<float> panels(unsigned_of(round_up(columns, panel_width) * depth));
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(columns * depth), [&] {
    table->pack_panels({source.data(), false, depth, columns, depth, panels.data()});
    benchmark::ClobberMemory();
  });
}

void pack_values(benchmark::State& state, const KernelTable* table, std::int64_t rows, std::int64_t width) {
  const auto values = random_values(unsigned_of(rows * width), 1);
  std::vector<std::uint8_t> finite(unsigned_of(kernels::blocks_of(rows, kernels::key_block)));
  run_bytes(state, sizeof(float) * static_cast<double>(rows * width), [&] {
    table->pack_values({values.data(), width, rows, width, finite.data()});
    benchmark::ClobberMemory();
  });
}

void row_softmax(benchmark::State& state, const KernelTable* table, std::int64_t columns) {
  const auto in = random_values(unsigned_of(columns), 1);
  std::vector<float> out(in.size());
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(columns), [&] {
    table->row_softmax({in.data(), out.data(), columns, 1.0f});
    benchmark::ClobberMemory();
  });
}

void layer_norm(benchmark::State& state, const KernelTable* table, std::int64_t rows, std::int64_t width) {
  auto x = random_values(unsigned_of(rows * width), 1);
  const auto gamma = random_values(unsigned_of(width), 2), beta = random_values(unsigned_of(width), 3);
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(rows * width), [&] {
    table->layer_norm({x.data(), width, rows, width, gamma.data(), beta.data(), 1e-12f, x.data(), width});
    benchmark::ClobberMemory();
  });
}

void read_all(benchmark::State& state, const KernelTable* table) {
  const std::vector<float> memory(std::size_t{64} << 20, 1.0f);
  run_bytes(state, static_cast<double>(memory.size() * sizeof(float)), [&] {
    benchmark::DoNotOptimize(table->read_all(memory.data(), static_cast<std::ptrdiff_t>(memory.size())));
  });
}

void fma_peak(benchmark::State& state, const KernelTable* table) {
  double flops = 0;
  for (auto _ : state) flops += table->fma_peak(10'000);
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

void add(const KernelTable* table) {
  const std::string isa(to_string(table->isa));
  const auto name = [&](const std::string& kernel) { return kernel + "/" + isa; };
  benchmark::RegisterBenchmark(name("fma_peak").c_str(), fma_peak, table);
  benchmark::RegisterBenchmark(name("read_all").c_str(), read_all, table);
  constexpr Product feed_forward = {512, 1536, 384};
  for (const Product p : {Product{512, 768, 768}, feed_forward, Product{16, 384, 384}})
    paired(benchmark::RegisterBenchmark((name("matmul_block") + "/" + p.name()).c_str(), matmul, table, p));
  for (const Activation activation :
       {Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::silu, Activation::tanh}) {
    Product p = feed_forward;
    p.activation = activation;
    paired(benchmark::RegisterBenchmark((name("matmul_block") + "/" + p.name()).c_str(), matmul, table, p));
  }
  for (const std::int64_t keys : {128, 512, 2048}) {
    paired(benchmark::RegisterBenchmark((name("attention_block") + "/keys:" + std::to_string(keys)).c_str(),
                                        attention_block, table, keys, 64));
  }
  benchmark::RegisterBenchmark(name("pack_panels").c_str(), pack_panels, table, 512, 64);
  benchmark::RegisterBenchmark(name("pack_values").c_str(), pack_values, table, 512, 64);
  benchmark::RegisterBenchmark(name("row_softmax").c_str(), row_softmax, table, 512);
  benchmark::RegisterBenchmark(name("layer_norm").c_str(), layer_norm, table, 32, 384);
}

[[maybe_unused]] const bool registered = [] {
  for (const KernelTable* table : kernels::compiled_tables()) {
    if (kernels::cpu_supports(table->isa)) add(table);
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
