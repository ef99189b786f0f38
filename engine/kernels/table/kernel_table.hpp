#pragma once

// The kernels of one ISA as function pointers, one for each operation of the lists in kernels.inc.

#include <cstddef>

#include "kernels/attention/attention_parameters.hpp"
#include "kernels/product/product_parameters.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/table/peak_parameters.hpp"
#include "saccade/engine.hpp"
#include "saccade/isa.hpp"

namespace saccade::kernels {

/// The kernels of an engine: for each operation that of its ISA, and of its accumulation where the operation
/// has one for each.
struct KernelTable {
  Isa isa;
  Accumulation accumulation;
  int tile_columns;  ///< of matmul_block's register tile: tasks get whole multiples of it
#define SACCADE_KERNEL(operation, result, parameter, instance) result (*operation)(parameter) noexcept;
#include "kernels/kernels.inc"
};

/// All kernels of an ISA: the one symbol that its object exports.
struct IsaTable {
  Isa isa;
  KernelTable fp32, fp64;

  [[nodiscard]] constexpr const KernelTable& with(Accumulation accumulation) const noexcept {
    return accumulation == Accumulation::fp64 ? fp64 : fp32;
  }
};

}  // namespace saccade::kernels
