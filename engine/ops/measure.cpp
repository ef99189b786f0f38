#include "saccade/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/public_call.hpp"
#include "saccade/error.hpp"
#include "scheduler/parallel.hpp"

namespace saccade {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void validate_threads(const Engine& engine, int threads) {
  if (threads < 1 || threads > engine.threads())
    throw Error(ErrorCode::invalid_argument, "threads is " + std::to_string(threads) + "; expected 1 to " +
                                                 std::to_string(engine.threads()) + ", the engine's");
}

/// Runs `round` (which returns units of work done by one thread) on all threads at once for `seconds`.
/// Returns the best rate of a round, since disturbances only make a round slower.
template <class Round>
double best_rate(Engine& engine, int threads, double seconds, const Round& round) {
  const auto begin = std::chrono::steady_clock::now();
  double best = 0;
  do {
    std::vector<double> work(static_cast<std::size_t>(threads));
    const auto start = std::chrono::steady_clock::now();
    const auto body = [&](std::size_t task, int) noexcept { work[task] = round(task); };
    scheduler::run_tasks(scheduler::context_of(engine), work.size(), body);
    const double elapsed = seconds_since(start);
    double all = 0;
    for (const double one : work) all += one;
    best = std::max(best, all / elapsed);
  } while (seconds_since(begin) < seconds);
  return best;
}

}  // namespace

double measure_fma_peak(Engine& engine, int threads, double seconds) try {
  validate_threads(engine, threads);
  const kernels::KernelTable& kernels = *scheduler::context_of(engine).kernels;
  constexpr std::ptrdiff_t rounds = 100'000;
  return best_rate(engine, threads, seconds, [&](std::size_t) { return kernels.fma_peak(rounds); }) * 1e-9;
} catch (...) {
  core::rethrow_as_error();
}

double measure_read_bandwidth(Engine& engine, int threads, double seconds) try {
  validate_threads(engine, threads);
  const kernels::KernelTable& kernels = *scheduler::context_of(engine).kernels;
  constexpr std::size_t values = std::size_t{64} << 20;  // 256 MiB, beyond any cache
  AlignedBuffer<float> memory(values);
  std::fill_n(memory.data(), values, 1.0f);
  const std::size_t part = values / static_cast<std::size_t>(threads);
  const auto round = [&](std::size_t task) {
    (void)kernels.read_all({memory.data() + task * part, static_cast<std::ptrdiff_t>(part)});
    return static_cast<double>(part * sizeof(float));
  };
  return best_rate(engine, threads, seconds, round) * 1e-9;
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
