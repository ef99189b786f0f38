#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/rows/row_registers.hpp"

namespace saccade::kernels {
namespace {

template <class L>
void embedding_lookup(const EmbeddingLookup& e) noexcept {
  for (std::ptrdiff_t i = 0; i < e.rows; ++i) {
    const float* const word = e.words + e.ids[i] * e.word_stride;
    const std::ptrdiff_t type_id = e.type_ids ? e.type_ids[i] : 0;
    for_registers<L>(
        e.width, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
          auto sum = lanes.load(word + j);
          if (e.types) sum = sum + lanes.load(e.types + type_id * e.type_stride + j);
          if (e.positions) sum = sum + lanes.load(e.positions + i * e.position_stride + j);
          lanes.store(e.out + i * e.out_stride + j, sum);
        });
  }
}

}  // namespace
}  // namespace saccade::kernels
