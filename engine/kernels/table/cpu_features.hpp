#pragma once

#include <string>

#include "saccade/isa.hpp"

namespace saccade::kernels {

/// Whether this CPU, and the operating system's handling of its registers, can run kernels for `isa`.
bool cpu_supports(Isa isa) noexcept;

/// Lines that tiles may ask L2 for in a round of their loop: Prefetcher's `most`. An Intel core keeps each
/// request in one of the sixteen buffers that its own loads need, too, so that more than three a round make
/// tiles wait (products of 16 rows: 5 % with four, 15 % with eight; Sapphire Rapids). An AMD core does not
/// (Zen 5).
int max_prefetch_rate() noexcept;

}  // namespace saccade::kernels
