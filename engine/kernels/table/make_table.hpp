#pragma once

// The one list of kernels. Included by kernels/isa/*.cpp only.

#include "kernels/attention/attention_block.hpp"
#include "kernels/attention/row_softmax.hpp"
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

template <class L, Isa isa>
consteval KernelTable make_fp32_table() {
  return {.isa = isa,
          .lanes = L::count,
          .tile_rows = tile_rows<L>(tile_columns<L>),
          .tile_columns = tile_width<L>,
          .pack_panels = pack_panels<L>,
          .pack_values = pack_values<L>,
          .matmul_block = matmul_block<L>,
          .attention_block = attention_block<L>,
          .merge_states = merge_states<L>,
          .merge_results = merge_results<L>,
          .append_tokens = append_tokens<L>,
          .row_softmax = row_softmax<L>,
          .layer_norm = layer_norm<L>,
          .normalize = normalize<L>,
          .rotate = rotate<L>,
          .embedding_lookup = embedding_lookup<L>,
          .pool = pool<L>,
          .fma_peak = fma_peak<L>,
          .read_all = read_all<L>};
}

/// Kernels that have no matrix elements are the same.
template <class L, Isa isa>
consteval KernelTable make_fp64_table() {
  KernelTable table = make_fp32_table<L, isa>();
  table.tile_rows = tile_rows<DoubleLanes<L>>(tile_columns<DoubleLanes<L>>);
  table.tile_columns = tile_width<Fp64Sums<L>>;
  table.accumulation = Accumulation::fp64;
  table.matmul_block = matmul_block<Fp64Sums<L>>;
  table.attention_block = attention_block<Fp64Sums<L>>;
  return table;
}
template <class L, Isa isa>
constexpr KernelTable fp64_table = make_fp64_table<L, isa>();

template <class Arch, Isa isa>
consteval KernelTable make_table() {
  KernelTable table = make_fp32_table<Lanes<Arch>, isa>();
  table.fp64_sums = &fp64_table<Lanes<Arch>, isa>;
  return table;
}

}  // namespace
}  // namespace saccade::kernels
