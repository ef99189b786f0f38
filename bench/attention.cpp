// Attention over (batch, heads, length, head_dim), full and causal, each ISA, one thread and two.

#include <string>

#include "bench/random.hpp"
#include "paired.hpp"
#include "saccade/attention.hpp"

namespace saccade::bench {
namespace {

struct Shape {
  std::int64_t batch, heads, length, head_dim;
  bool causal;
};

struct Batch {
  explicit Batch(const Shape& s)
      : tokens(s.batch * s.length),
        width(s.heads * s.head_dim),
        q(random_values(size(), 1)),
        k(random_values(size(), 2)),
        v(random_values(size(), 3)),
        out(size()) {
    for (std::int64_t i = 0; i <= s.batch; ++i) offsets.push_back(i * s.length);
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(tokens * width); }

  [[nodiscard]] AttentionTensors tensors(const Shape& s) {
    const auto view = [&](std::vector<float>& data) -> HeadsView {
      return {data.data(), tokens, s.heads, s.head_dim, width, s.head_dim};
    };
    return {view(q), view(k), view(v), view(out), offsets};
  }

  std::int64_t tokens, width;
  std::vector<float> q, k, v, out;
  std::vector<std::int64_t> offsets;
};

/// Two products of 2 n^2 d each, or of half the pairs where causal.
double flops_of(const Shape& s) {
  const double n = static_cast<double>(s.length), pairs = s.causal ? n * (n + 1) / 2 : n * n;
  return 4.0 * pairs * static_cast<double>(s.head_dim * s.heads * s.batch);
}

void run(benchmark::State& state, Isa isa, int threads, const Shape& shape) {
  Engine engine({.threads = threads, .isa = isa});
  Batch batch(shape);
  const AttentionTensors tensors = batch.tensors(shape);
  const AttentionOptions options = {.window = shape.causal ? Window::causal() : Window::full()};
  run_paired(
      state, engine, threads, flops_of(shape), [&] { attention(engine, tensors, options); },
      static_cast<double>(batch.tokens));
}

void add(Isa isa, int threads, const Shape& s) {
  const std::string name = "attention/" + std::string(to_string(isa)) +
                           "/threads:" + std::to_string(threads) + "/" + std::to_string(s.batch) + "x" +
                           std::to_string(s.heads) + "x" + std::to_string(s.length) + "x" +
                           std::to_string(s.head_dim) + (s.causal ? "/causal" : "/full");
  paired(benchmark::RegisterBenchmark(name.c_str(), run, isa, threads, s));
}

[[maybe_unused]] const bool registered = [] {
  constexpr Shape shapes[] = {{1, 12, 2048, 64, false}, {1, 12, 512, 64, false}, {1, 12, 128, 64, false},
                              {1, 12, 2048, 64, true},  {1, 12, 512, 64, true},  {1, 12, 256, 32, false},
                              {1, 12, 384, 32, false},  {8, 12, 128, 64, false}, {1, 32, 1024, 128, false},
                              {1, 1, 4096, 64, false},  {1, 1, 64, 64, false}};
  for (const Isa isa : supported_isas()) {
    for (const int threads : {1, 2}) {
      for (const Shape& shape : shapes) {
        if (isa != Isa::scalar || shape.length <= 128) add(isa, threads, shape);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
