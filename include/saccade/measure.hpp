#pragma once

#include "saccade/engine.hpp"
#include "saccade/export.hpp"

namespace saccade {

/// Fused multiply-adds per second that `threads` threads of this machine reach now with the engine's kernels
/// (registers only, nothing loaded), as GFLOP/s: a multiply-add counts as two. Takes about `seconds`.
SACCADE_API [[nodiscard]] double measure_fma_peak(Engine& engine, int threads = 1, double seconds = 0.05);

/// Bytes per second, in GB/s, that `threads` threads read from memory (far beyond the caches) now.
SACCADE_API [[nodiscard]] double measure_read_bandwidth(Engine& engine, int threads = 1,
                                                        double seconds = 0.2);

}  // namespace saccade
