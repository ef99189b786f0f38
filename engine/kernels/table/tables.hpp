#pragma once

#include "kernels/table/kernel_table.hpp"

namespace saccade::kernels {

// One per kernels/isa/*.cpp; which of them a build has is decided in CMake and known to select.cpp.
extern const KernelTable scalar_table;
extern const KernelTable avx2_table;
extern const KernelTable avx512_table;
extern const KernelTable neon_table;

}  // namespace saccade::kernels
