#pragma once

#include "saccade/engine.hpp"
#include "saccade/export.hpp"

namespace saccade {

/// The peak that `threads` threads of this machine reach at this moment with the engine's kernels, in
/// GFLOP/s: fused multiply-adds on registers, without loads, each counted as two operations. Measures for
/// about `seconds`. Throws Error{invalid_argument} where threads is not 1 to engine.threads().
SACCADE_API [[nodiscard]] double measure_fma_peak(Engine& engine, int threads = 1, double seconds = 0.05);

/// The bandwidth with which `threads` threads read from memory at this moment, in GB/s, over a buffer of
/// 256 MiB. Measures for about `seconds`. Throws Error{invalid_argument} where threads is not 1 to
/// engine.threads().
SACCADE_API [[nodiscard]] double measure_read_bandwidth(Engine& engine, int threads = 1,
                                                        double seconds = 0.2);

}  // namespace saccade
