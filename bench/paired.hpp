#pragma once

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/timing.hpp"
#include "saccade/engine.hpp"
#include "saccade/measure.hpp"

namespace saccade::bench {

/// Amount of work per second, for about two milliseconds or `duration` seconds.
template <class Work>
double rate_of(const Work& work, double amount, double duration = 0.002) {
  double elapsed = 0;
  int calls = 0;
  const double start = seconds_now();
  do {
    work();
    ++calls;
    elapsed = seconds_now() - start;
  } while (elapsed < duration);
  return amount * calls / elapsed;
}

/// Alternates work and something else, in slices of `duration` seconds: on a machine whose clock and
/// neighbours change from moment to moment, only the ratio of two neighbouring slices means something.
/// `reference()` is a rate in the unit of `amount` per second; the counter `share` is the median of the
/// slices' ratios.
template <class Work, class Reference>
double run_against(benchmark::State& state, const char* share, const Reference& reference, double amount,
                   const Work& work, double duration = 0.002) {
  work();
  std::vector<double> shares, rates;
  double before = reference();
  for (auto _ : state) {
    const double rate = rate_of(work, amount, duration), after = reference();
    rates.push_back(rate);
    shares.push_back(2 * rate / (before + after));
    before = after;
    state.SetIterationTime(amount / rate);
  }
  state.counters[share] = median(shares);
  return median(rates);
}

/// Alternates with the FMA peak of the same engine. Counters: GFLOP/s, share_of_peak and, where given,
/// tokens/s.
template <class Work>
void run_paired(benchmark::State& state, Engine& engine, int threads, double flops, const Work& work,
                double tokens = 0) {
  const auto peak = [&] { return measure_fma_peak(engine, threads, 0.0) * 1e9; };
  const double rate = run_against(state, "share_of_peak", peak, flops, work);
  state.counters["GFLOP/s"] = rate * 1e-9;
  if (tokens > 0) state.counters["tokens/s"] = tokens * rate / flops;
}

/// What run_paired needs: manual time, and enough slices for a median.
inline benchmark::internal::Benchmark* paired(benchmark::internal::Benchmark* bench) {
  return bench->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(1.0);
}

}  // namespace saccade::bench
