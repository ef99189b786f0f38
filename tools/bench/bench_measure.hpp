#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "bench/timing.hpp"
#include "saccade/engine.hpp"

namespace saccade::command {

/// The hardware peak of which a call's speed is a share.
enum class Peak {
  fma,            ///< of the engine's kernels on its threads, GFLOP/s
  read_bandwidth  ///< from memory on its threads, GB/s
};

struct Measurement {
  bench::Timing timing;
  double share_of_peak = 0;
  double peak = 0;  ///< as it was measured, median; GFLOP/s or GB/s
};

/// Times `work`, which does `amount` (floating-point operations, or bytes read) a call, in turn with the
/// peak: on a machine whose clock and neighbours change, only a ratio of neighbours in time means something.
/// `repetitions` as bench::Repetitions has it. Throws Error{cancelled} when a stop was asked for.
[[nodiscard]] Measurement measure(Engine& engine, Peak peak, double amount, std::size_t repetitions,
                                  const std::function<void()>& work);

/// Adds the fields that every row has; `flops`: floating-point operations of a call.
void add_measured(nlohmann::ordered_json& row, const Engine& engine, const Measurement& measured,
                  double flops);

}  // namespace saccade::command
