#include "bench/bench_measure.hpp"

#include <algorithm>
#include <limits>

#include "saccade/measure.hpp"

namespace saccade::command {
namespace {

/// Work goes on for so long between two measurements of the peak. Reading memory empties the caches, which
/// calls that follow one another would find full: there is one slice.
double slice_seconds(Peak peak) {
  return peak == Peak::fma ? 0.005 : std::numeric_limits<double>::infinity();
}

/// The best of a few short measurements of the peak: a disturbance can only make one slower.
double measure_peak(Engine& engine, Peak peak) {
  if (peak == Peak::read_bandwidth) return measure_read_bandwidth(engine, engine.threads(), 0.05);
  double best = 0;
  for (int i = 0; i < 3; ++i) best = std::max(best, measure_fma_peak(engine, engine.threads(), 0.0));
  return best;
}

}  // namespace

Measurement measure(Engine& engine, Peak peak, double amount, std::size_t repetitions,
                    const std::function<void()>& work) {
  bench::Repetitions calls(repetitions);
  std::vector<double> shares, peaks = {measure_peak(engine, peak)};
  calls.warm_up(work);
  while (!calls.done()) {
    const double begin = calls.total();
    const std::size_t first = calls.calls();
    do {
      calls.time(work);
    } while (!calls.done() && calls.total() - begin < slice_seconds(peak));
    // The middle call, as the peaks beside it are of undisturbed moments: the mean would count what disturbs
    // a call.
    const double rate = amount / calls.median_from(first) * 1e-9;
    const double before = peaks.back();
    peaks.push_back(measure_peak(engine, peak));
    shares.push_back(2 * rate / (before + peaks.back()));
  }
  return {calls.timing(), bench::median(shares), bench::median(peaks)};
}

void add_measured(nlohmann::ordered_json& row, const Engine& engine, const Measurement& measured,
                  double flops) {
  row["seconds_median"] = measured.timing.median;
  row["seconds_min"] = measured.timing.min;
  row["gflops"] = flops / measured.timing.median * 1e-9;
  row["spread"] = measured.timing.spread;
  row["share_of_peak"] = measured.share_of_peak;
  row["peak"] = measured.peak;
  row["isa"] = to_string(engine.isa());
}

}  // namespace saccade::command
