#pragma once

#include "kernels/table/kernel_table.hpp"

namespace saccade::kernels {

// scalar_table, avx2_table, ...: one for each kernels/isa/*.cpp. A build defines those whose processor it is
// for.
#define SACCADE_ISA(name, processors, features, flags) extern const IsaTable name##_table;
#include "kernels/isas.inc"

}  // namespace saccade::kernels
