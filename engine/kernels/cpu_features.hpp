#pragma once

#include <string>

#include "saccade/isa.hpp"

namespace saccade::kernels {

/// Whether this CPU, and the operating system's handling of its registers, can run kernels for `isa`.
bool cpu_supports(Isa isa) noexcept;

}  // namespace saccade::kernels
