// Every kernel of the lists in kernels.inc on every supported ISA, on one thread. What each is measured in
// stands at its function.

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
  [[nodiscard]] double flops() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth);
  }
};

std::size_t unsigned_of(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// `count` values that begin at a cache line, as in packed weights and workspaces: a register that crosses
/// two lines is slower.
template <class T>
class Aligned {
 public:
  explicit Aligned(std::int64_t count) : values_(unsigned_of(count) + line / sizeof(T)) {}
  [[nodiscard]] T* data() noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(values_.data());
    return values_.data() + (line - address % line) % line / sizeof(T);
  }

 private:
  static constexpr std::size_t line = 64;
  std::vector<T> values_;
};

/// One product of random operands, run again and again.
class Matmul {
 public:
  Matmul(const KernelTable* table, Product p)
      : table_(table),
        p_(p),
        left_(p.rows * p.depth),
        bias_(random_values(unsigned_of(p.columns), 3)),
        panels_(panel_values()),
        out_(p.rows * p.columns),
        scratch_(kernels::matmul_scratch(p.depth, StorageType::bf16)) {
    const auto left = random_values(unsigned_of(p.rows * p.depth), 1);
    std::copy(left.begin(), left.end(), left_.data());
    const auto weight = random_values(unsigned_of(p.columns * p.depth), 2);
    table->pack_panels({weight.data(), false, p.depth, p.columns, p.depth, panels_.data()});
  }

  [[nodiscard]] std::int64_t panel_values() const { return round_up(p_.columns, panel_width) * p_.depth; }
  void run() { run(panels_.data(), StorageType::f32); }
  void run(const void* panels, StorageType type) {
    for (std::int64_t row = 0; row < p_.rows; row += matmul_rows) {
      table_->matmul_block({.left = left_.data() + row * p_.depth,
                            .left_row_stride = p_.depth,
                            .rows = std::min(matmul_rows, p_.rows - row),
                            .panels = panels,
                            .depth = p_.depth,
                            .columns = p_.columns,
                            .out = out_.data() + row * p_.columns,
                            .out_stride = p_.columns,
                            .epilogue = {.bias = bias_.data(), .activation = p_.activation},
                            .scratch = scratch_.data(),
                            .max_prefetch_rate = kernels::max_prefetch_rate(),
                            .type = type,
                            .widen_once_rows = kernels::widen_once_rows()});
    }
  }

 private:
  const KernelTable* table_;
  Product p_;
  Aligned<float> left_;
  std::vector<float> bias_;
  Aligned<float> panels_, out_, scratch_;
};

void matmul(benchmark::State& state, const KernelTable* table, Product p) {
  Engine engine({.threads = 1, .isa = table->isa});
  Matmul product(table, p);
  run_paired(state, engine, 1, p.flops(), [&] { product.run(); });
}

/// Panels in a 16-bit type, alternating with the same panels in fp32: share_of_fp32 above 1 is faster than
/// fp32.
void matmul_of_halves(benchmark::State& state, const KernelTable* table, Product p, StorageType type) {
  Matmul product(table, p);
  Aligned<std::uint16_t> halves(product.panel_values());
  std::fill_n(halves.data(), product.panel_values(),
              std::uint16_t{0x3c01});  // all normal numbers cost the same
  constexpr double slice = 1e-4;       // shorter than what the operating system gives a thread at a time
  const auto fp32 = [&] { return rate_of([&] { product.run(); }, p.flops(), slice); };
  const double rate = run_against(
      state, "share_of_fp32", fp32, p.flops(), [&] { product.run(halves.data(), type); }, slice);
  state.counters["GFLOP/s"] = rate * 1e-9;
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
    benchmark::DoNotOptimize(table->read_all({memory.data(), static_cast<std::ptrdiff_t>(memory.size())}));
  });
}

void fma_peak(benchmark::State& state, const KernelTable* table) {
  double flops = 0;
  for (auto _ : state) flops += table->fma_peak(10'000);
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

void normalize(benchmark::State& state, const KernelTable* table, std::int64_t rows, std::int64_t width) {
  const auto x = random_values(unsigned_of(rows * width), 1);
  std::vector<float> out(x.size());
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(x.size()), [&] {
    table->normalize({x.data(), width, rows, width, out.data(), width});
    benchmark::ClobberMemory();
  });
}

void rotate(benchmark::State& state, const KernelTable* table, std::int64_t tokens, std::int64_t heads,
            std::int64_t dims) {
  auto x = random_values(unsigned_of(tokens * heads * dims), 1);
  const std::vector<float> table_of_angles(unsigned_of(tokens * dims), 0.5f);
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(x.size()), [&] {
    table->rotate({x.data(), heads * dims, dims, tokens, heads, dims, table_of_angles.data()});
    benchmark::ClobberMemory();
  });
}

void embedding_lookup(benchmark::State& state, const KernelTable* table, std::int64_t rows,
                      std::int64_t width) {
  constexpr std::int64_t vocabulary = 30522;
  const auto words = random_values(unsigned_of(vocabulary * width), 1),
             types = random_values(unsigned_of(2 * width), 2),
             positions = random_values(unsigned_of(rows * width), 3);
  std::vector<std::int32_t> ids(unsigned_of(rows));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i * 7919 % vocabulary);
  std::vector<float> out(unsigned_of(rows * width));
  run_bytes(state, 3.0 * sizeof(float) * static_cast<double>(out.size()), [&] {
    table->embedding_lookup({ids.data(), nullptr, rows, width, words.data(), width, types.data(), width,
                             positions.data(), width, out.data(), width});
    benchmark::ClobberMemory();
  });
}

void pool(benchmark::State& state, const KernelTable* table, std::int64_t tokens, std::int64_t width) {
  const auto x = random_values(unsigned_of(tokens * width), 1);
  std::vector<float> out(unsigned_of(width));
  run_bytes(state, sizeof(float) * static_cast<double>(x.size()), [&] {
    table->pool({x.data(), width, tokens, width, Pooling::mean, out.data()});
    benchmark::ClobberMemory();
  });
}

void merge_states(benchmark::State& state, const KernelTable* table, std::int64_t blocks,
                  std::int64_t value_dim) {
  std::vector<float> states = random_values(unsigned_of(blocks * (value_dim + 2)), 1);
  for (std::int64_t block = 0; block < blocks; ++block) {
    states[unsigned_of(block * (value_dim + 2))] = 1.0f;
    states[unsigned_of(block * (value_dim + 2)) + 1] = 2.0f;
  }
  std::vector<float> out(unsigned_of(value_dim)), scratch(unsigned_of(round_up(value_dim, panel_width)));
  const float* const parts[] = {states.data()};
  const std::ptrdiff_t counts[] = {blocks};
  run_bytes(state, sizeof(float) * static_cast<double>(states.size()), [&] {
    table->merge_states({.parts = parts,
                         .blocks = counts,
                         .count = 1,
                         .value_dim = value_dim,
                         .sink = nullptr,
                         .out = out.data(),
                         .out_type = StorageType::f32,
                         .log_sum_exp = nullptr,
                         .log_sum_exp_type = StorageType::f32,
                         .scratch = scratch.data()});
    benchmark::ClobberMemory();
  });
}

void merge_results(benchmark::State& state, const KernelTable* table, std::int64_t value_dim) {
  const auto first = random_values(unsigned_of(value_dim), 1),
             second = random_values(unsigned_of(value_dim), 2);
  std::vector<float> out(first.size());
  run_bytes(state, 3.0 * sizeof(float) * static_cast<double>(value_dim), [&] {
    table->merge_results({first.data(), second.data(), 1.0f, 2.0f, value_dim, out.data(), nullptr});
    benchmark::ClobberMemory();
  });
}

void append_tokens(benchmark::State& state, const KernelTable* table, bool panels, std::int64_t tokens,
                   std::int64_t width) {
  const auto source = random_values(unsigned_of(tokens * width), 1);
  std::vector<float> page(unsigned_of(round_up(tokens, panel_width) * width));
  run_bytes(state, 2.0 * sizeof(float) * static_cast<double>(source.size()), [&] {
    table->append_tokens(
        {source.data(), StorageType::f32, width, tokens, width, 0, page.data(), StorageType::f32, panels});
    benchmark::ClobberMemory();
  });
}

// What is measured of each operation: register_<operation>(name, table), of each line of kernels.inc.

template <class... Arguments>
auto* add(const std::string& name, Arguments... arguments) {
  return benchmark::RegisterBenchmark(name.c_str(), arguments...);
}

void register_fma_peak(const std::string& name, const KernelTable* table) {
  add(name, fma_peak, table);
}
void register_read_all(const std::string& name, const KernelTable* table) {
  add(name, read_all, table);
}
void register_matmul_block(const std::string& name, const KernelTable* table) {
  constexpr Product feed_forward = {512, 1536, 384};
  for (const Product p : {Product{512, 768, 768}, feed_forward, Product{16, 384, 384}})
    paired(add(name + "/" + p.name(), matmul, table, p));
  for (const Activation activation :
       {Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::silu, Activation::tanh}) {
    Product p = feed_forward;
    p.activation = activation;
    paired(add(name + "/" + p.name(), matmul, table, p));
  }
  for (const std::int64_t rows : {1, 6, 16, 64, 144}) {
    const Product p = {rows, 384, 384};
    for (const StorageType type : {StorageType::f16, StorageType::bf16})
      add(name + "/" + p.name() + (type == StorageType::f16 ? "/f16" : "/bf16"), matmul_of_halves, table, p,
          type)
          ->UseManualTime()
          ->Unit(benchmark::kMicrosecond)
          ->Iterations(3000);  // slices
  }
}
void register_attention_block(const std::string& name, const KernelTable* table) {
  for (const std::int64_t keys : {128, 512, 2048})
    paired(add(name + "/keys:" + std::to_string(keys), attention_block, table, keys, 64));
}
void register_pack_panels(const std::string& name, const KernelTable* table) {
  add(name, pack_panels, table, 512, 64);
}
void register_pack_values(const std::string& name, const KernelTable* table) {
  add(name, pack_values, table, 512, 64);
}
void register_merge_states(const std::string& name, const KernelTable* table) {
  add(name, merge_states, table, 32, 64);
}
void register_merge_results(const std::string& name, const KernelTable* table) {
  add(name, merge_results, table, 64);
}
void register_append_tokens(const std::string& name, const KernelTable* table) {
  add(name + "/rows", append_tokens, table, false, 256, 64);
  add(name + "/panels", append_tokens, table, true, 256, 64);
}
void register_layer_norm(const std::string& name, const KernelTable* table) {
  add(name, layer_norm, table, 32, 384);
}
void register_normalize(const std::string& name, const KernelTable* table) {
  add(name, normalize, table, 32, 384);
}
void register_rotate(const std::string& name, const KernelTable* table) {
  add(name, rotate, table, 128, 12, 64);
}
void register_embedding_lookup(const std::string& name, const KernelTable* table) {
  add(name, embedding_lookup, table, 128, 384);
}
void register_pool(const std::string& name, const KernelTable* table) {
  add(name, pool, table, 128, 384);
}

void register_kernels(const kernels::IsaTable& table) {
  const std::string isa(to_string(table.isa));
#define SACCADE_KERNEL(operation, result, parameter, instance) \
  register_##operation(#operation "/" + isa, &table.fp32);
#define SACCADE_KERNEL_OF(accumulation, operation, instance) \
  register_##operation(#operation "/" #accumulation "/" + isa, &table.with(Accumulation::accumulation));
#include "kernels/kernels.inc"
}

[[maybe_unused]] const bool registered = [] {
  for (const kernels::IsaTable* table : kernels::compiled_tables()) {
    if (kernels::cpu_supports(table->isa)) register_kernels(*table);
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
