#pragma once

// Instances of all kernels for one ISA. Included by kernels/isa/*.cpp only.

#include "kernels/attention/attention_block.hpp"
#include "kernels/product/matmul_block.hpp"
#include "kernels/product/pack.hpp"
#include "kernels/rows/embedding_lookup.hpp"
#include "kernels/rows/layer_norm.hpp"
#include "kernels/rows/pool.hpp"
#include "kernels/rows/rotate.hpp"
#include "kernels/table/kernel_table.hpp"
#include "kernels/table/peak.hpp"

namespace saccade::kernels {
namespace {

template <class L, Isa isa, Accumulation sums>
consteval KernelTable make_kernels() {
  KernelTable table = {};
  table.isa = isa;
  table.accumulation = sums;
  table.tile_columns = sums == Accumulation::fp64 ? tile_width<Fp64Sums<L>> : tile_width<L>;
#define SACCADE_KERNEL(operation, result, parameter, instance) table.operation = instance;
#define SACCADE_KERNEL_OF(accumulation, operation, instance) \
  if constexpr (sums == Accumulation::accumulation) table.operation = instance;
#include "kernels/kernels.inc"
  return table;
}

template <class Arch, Isa isa>
consteval IsaTable make_table() {
  return {isa, make_kernels<Lanes<Arch>, isa, Accumulation::fp32>(),
          make_kernels<Lanes<Arch>, isa, Accumulation::fp64>()};
}

}  // namespace
}  // namespace saccade::kernels
