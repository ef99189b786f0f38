#pragma once

#include <cstddef>

#include "kernels/lanes/xsimd.hpp"
#include "kernels/rows/row_parameters.hpp"
#include "kernels/rows/row_registers.hpp"
#include "kernels/rows/stored.hpp"

namespace saccade::kernels {
namespace {

template <class L, class Stored>
void add_rows(const EmbeddingLookup& e, const Stored* words) noexcept {
  const auto* const types = static_cast<const Stored*>(e.types);
  const auto* const positions = static_cast<const Stored*>(e.positions);
  for (std::ptrdiff_t i = 0; i < e.rows; ++i) {
    const Stored* const word = words + e.ids[i] * e.word_stride;
    const std::ptrdiff_t type_id = e.type_ids ? e.type_ids[i] : 0;
    for_registers<L>(
        e.width, [&](std::ptrdiff_t j, auto lanes) __attribute__((always_inline)) {
          auto sum = lanes.load(word + j);
          if (types) sum = sum + lanes.load(types + type_id * e.type_stride + j);
          if (positions) sum = sum + lanes.load(positions + i * e.position_stride + j);
          lanes.store(e.out + i * e.out_stride + j, sum);
        });
  }
}

template <class L>
void embedding_lookup(const EmbeddingLookup& e) noexcept {
  with_stored(e.type, e.words, [&](const auto* words) { add_rows<L>(e, words); });
}

}  // namespace
}  // namespace saccade::kernels
