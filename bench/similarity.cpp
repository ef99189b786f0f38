// Rows searched for the most similar to a few queries, on one thread and on two: vectors/s, and the bytes of
// vectors read per second.

#include "bench/random.hpp"
#include "paired.hpp"
#include "saccade/similar.hpp"

namespace saccade::bench {
namespace {

constexpr std::int64_t width = 384;

void search(benchmark::State& state, int threads) {
  const std::int64_t rows = state.range(0), queries = state.range(1);
  Engine engine({.threads = threads, .isa = {}});
  const std::vector<float> vectors = random_values(static_cast<std::size_t>(rows * width), 1);
  const std::vector<float> query = random_values(static_cast<std::size_t>(queries * width), 2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(find_similar_rows(engine, {query.data(), queries, width, width},
                                               {vectors.data(), rows, width, width}, 10));
  }
  const auto all = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["vectors/s"] = benchmark::Counter(static_cast<double>(rows), all);
  state.counters["B/s"] = benchmark::Counter(static_cast<double>(rows * width * 4), all);
}

BENCHMARK_CAPTURE(search, one_thread, 1)
    ->ArgNames({"rows", "queries"})
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 8})
    ->Args({100'000, 256})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(search, two_threads, 2)
    ->ArgNames({"rows", "queries"})
    ->Args({1'000'000, 8})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace saccade::bench
