#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "saccade/engine.hpp"
#include "saccade/measure.hpp"

namespace saccade::bench {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Times work in turn with the FMA peak of the same engine, in slices of milliseconds: on a machine whose
/// clock and neighbours change from moment to moment, only the ratio of two neighbouring slices means
/// something. Counters: GFLOP/s, share_of_peak (median of the slices' ratios) and, where given, tokens/s.
template <class Work>
void run_paired(benchmark::State& state, Engine& engine, int threads, double flops, const Work& work,
                double tokens = 0) {
  const auto peak = [&] { return measure_fma_peak(engine, threads, 0.0); };
  work();
  std::vector<double> shares, rates;
  double before = peak();
  for (auto _ : state) {
    double elapsed = 0;
    int calls = 0;
    const double start = seconds_now();
    do {
      work();
      ++calls;
      elapsed = seconds_now() - start;
    } while (elapsed < 0.002);
    const double after = peak(), rate = flops * calls / elapsed * 1e-9;
    rates.push_back(rate);
    shares.push_back(2 * rate / (before + after));
    before = after;
    state.SetIterationTime(elapsed / calls);
  }
  const double rate = median(rates);
  state.counters["GFLOP/s"] = rate;
  state.counters["share_of_peak"] = median(shares);
  if (tokens > 0) state.counters["tokens/s"] = tokens * rate / flops * 1e9;
}

/// What run_paired needs: manual time, and enough slices for a median.
inline benchmark::internal::Benchmark* paired(benchmark::internal::Benchmark* bench) {
  return bench->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(1.0);
}

}  // namespace saccade::bench
