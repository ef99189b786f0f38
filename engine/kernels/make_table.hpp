#pragma once

// The one list of kernels. Included by kernels/isa/*.cpp only.

#include "kernels/attention_block.hpp"
#include "kernels/embed.hpp"
#include "kernels/kernel_table.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/matmul_block.hpp"
#include "kernels/pack.hpp"
#include "kernels/peak.hpp"
#include "kernels/pool.hpp"
#include "kernels/rotate.hpp"
#include "kernels/row_softmax.hpp"

namespace saccade::kernels {
namespace {

template <class Arch>
consteval KernelTable make_table(Isa isa) {
  using L = Lanes<Arch>;
  return {.isa = isa,
          .lanes = L::count,
          .tile_rows = tile_rows<L>(tile_columns<L>),
          .tile_columns = tile_columns<L> * L::count,
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
          .embed = embed<L>,
          .pool = pool<L>,
          .fma_peak = fma_peak<L>,
          .read_all = read_all<L>};
}

}  // namespace
}  // namespace saccade::kernels
