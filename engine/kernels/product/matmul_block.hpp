#pragma once

#include <cstddef>

#include "kernels/math/activation.hpp"
#include "kernels/product/panel_product.hpp"
#include "kernels/product/product_parameters.hpp"
#include "kernels/rows/row_registers.hpp"

namespace saccade::kernels {
namespace {

/// sums = activation(sums + bias) over some registers of a row. A separate loop, since in finish_columns GCC
/// would compile it once for every kind of epilogue.
template <class L, Activation activation>
[[gnu::always_inline]] inline void activate_sums(float* sums, int registers, const float* bias) noexcept {
  for (int i = 0; i < registers; ++i) {
    auto x = L::load(sums + i * L::count);
    if (bias) x = x + L::load(bias + i * L::count);
    L::store(sums + i * L::count, activate<L, activation>(x));
  }
}

/// out = e(sums) for all rows of at most tile_width columns from column j on.
template <class L, Activation activation>
void finish_columns(const MatmulBlock& m, Epilogue e, std::ptrdiff_t j, std::ptrdiff_t columns,
                    float* sums) noexcept {
  constexpr bool activated = activation != Activation::none;
  const int registers = static_cast<int>(blocks_of(columns, L::count));
  alignas(64) float bias[widest_tile] = {};
  if (activated && e.bias) copy_values<L>(e.bias + j, bias, columns);
  for (std::ptrdiff_t row = 0; row < m.rows; ++row, sums += tile_width<L>) {
    float* const out = m.out + row * m.out_stride + j;
    if constexpr (activated) activate_sums<L, activation>(sums, registers, e.bias ? bias : nullptr);
    for_registers<L>(
        columns, [&](std::ptrdiff_t c, auto lanes) __attribute__((always_inline)) {
          auto x = lanes.load(sums + c);
          if (!activated && e.bias) x = x + lanes.load(e.bias + j + c);
          if (e.gate) x = x * lanes.load(e.gate + row * e.gate_stride + j + c);
          if (e.residual) x = x + lanes.load(e.residual + row * e.residual_stride + j + c);
          lanes.store(out + c, x);
        });
  }
}

/// Initializes sums in double precision with what is added to them, which saves a rounding: the bias and,
/// where nothing comes between, the residual. Returns the rest of the epilogue.
template <class L>
Epilogue begin_columns(const MatmulBlock& m, std::ptrdiff_t j, std::ptrdiff_t columns, float* sums) noexcept {
  Epilogue e = m.epilogue;
  const bool next = e.activation == Activation::none && e.gate == nullptr;
  const float* const residual = next ? e.residual : nullptr;
  for (std::ptrdiff_t row = 0; row < m.rows; ++row, sums += tile_width<L>) {
    for_registers<L>(
        columns, [&](std::ptrdiff_t c, auto lanes) __attribute__((always_inline)) {
          auto x = e.bias ? lanes.load(e.bias + j + c) : L::broadcast(0.0f);
          if (residual) x = x + lanes.load(residual + row * e.residual_stride + j + c);
          L::store(sums + c, x);  // a whole register, as the tile loads it, also where columns end in it
        });
  }
  e.bias = nullptr;
  if (next) e.residual = nullptr;
  return e;
}

template <class L>
using FinishColumns = void (*)(const MatmulBlock&, Epilogue, std::ptrdiff_t, std::ptrdiff_t, float*) noexcept;

/// finish_columns for each Activation, in the order of its values.
template <class L>
constexpr FinishColumns<L> finish_activated[] = {
    finish_columns<L, Activation::none>, finish_columns<L, Activation::relu>,
    finish_columns<L, Activation::gelu>, finish_columns<L, Activation::gelu_tanh>,
    finish_columns<L, Activation::silu>, finish_columns<L, Activation::tanh>};

/// The left rows as tiles read them: in place or copied.
template <class L>
LeftRows take_left(const MatmulBlock& m) noexcept {
  if (readable_in_place(m.left_row_stride)) return rows_in_place(m.left, m.left_row_stride);
  for (std::ptrdiff_t i = 0; i < m.rows; ++i)
    copy_left_row<L>(m.left + i * m.left_row_stride, m.rows, i, m.depth, m.scratch);
  return copied_rows(m.scratch, m.rows);
}

/// Prefetches, while tiles take `depth` steps from step k on, the same steps of the next panels, if any
/// (weights are larger than L2, and hardware prefetching stops at every page), and a proportional part of the
/// output rows of the columns from j on. Few rows leave no time for the output.
template <class L, class Stored>
[[gnu::always_inline]] inline Prefetcher prefetch_meanwhile(const MatmulBlock& m, std::ptrdiff_t j,
                                                            const Stored* next, std::ptrdiff_t k,
                                                            std::ptrdiff_t depth) noexcept {
  constexpr std::ptrdiff_t step = panel_width * sizeof(Stored) / sizeof(float);  // in floats
  StridedRows panels = {};
  if (next != nullptr)
    panels = {static_cast<const float*>(static_cast<const void*>(next + k * panel_width)), m.depth * step,
              tile_width<L> / panel_width, depth * step};
  const std::ptrdiff_t row = m.rows * k / m.depth, end = m.rows * (k + depth) / m.depth;
  const StridedRows out = {m.out + row * m.out_stride + j, m.out_stride, m.rows > few_rows ? end - row : 0,
                           tile_width<L>};
  return Prefetcher({panels, out}, blocks_of(m.rows, tile_rows<L>(tile_columns<L>)) * (depth / round_steps),
                    m.max_prefetch_rate);
}

/// out = epilogue(left x panels). For each tile's width of columns all left rows are computed, so that panels
/// are loaded into L2 once for all rows of the block, 144 / 6 tiles (Goto and van de Geijn 2008,
/// doi:10.1145/1356052.1356053).
template <class L, class Stored>
void multiply(const MatmulBlock& m, const Stored* all_panels) noexcept {
  const LeftRows left = take_left<L>(m);
  float* const sums = m.scratch + left_values(m.rows, m.depth);
  float* const widened = sums + matmul_rows * widest_tile;
  const FinishColumns<L> finish = finish_activated<L>[static_cast<int>(m.epilogue.activation)];
  for (std::ptrdiff_t j = 0; j < m.columns; j += tile_width<L>) {
    const std::ptrdiff_t columns = m.columns - j < tile_width<L> ? m.columns - j : tile_width<L>;
    const Stored* const panels = all_panels + j * m.depth;
    const Stored* next = columns < tile_width<L> ? nullptr : static_cast<const Stored*>(m.next);
    if (j + 2 * tile_width<L> <= m.columns) next = panels + tile_width<L> * m.depth;
    const int registers = static_cast<int>(blocks_of(columns, L::count));
    Epilogue epilogue = m.epilogue;
    if constexpr (!sums_in_fp32<L>) epilogue = begin_columns<L>(m, j, columns, sums);
    PanelProduct product = {left,
                            m.rows,
                            nullptr,
                            m.depth,
                            registers,
                            sums,
                            tile_width<L>,
                            sums + m.rows * tile_width<L>,
                            nullptr,
                            !sums_in_fp32<L>,
                            m.widen_once_rows};
    const auto prefetcher = [&](std::ptrdiff_t k, std::ptrdiff_t depth) __attribute__((always_inline)) {
      return prefetch_meanwhile<L>(m, j, next, k, depth);
    };
    panel_product<L>(
        product, prefetcher, [&](std::ptrdiff_t k, std::ptrdiff_t) __attribute__((always_inline)) {
          return PanelSteps<Stored>{panels + k * panel_width, m.depth * panel_width, widened};
        });
    finish(m, epilogue, j, columns, sums);
  }
}

template <class L>
void matmul_block(const MatmulBlock& m) noexcept {
  static_assert(tile_width<L> <= widest_tile && 2 * few_rows <= matmul_rows);
  with_stored(m.type, m.panels, [&](const auto* panels) { multiply<L>(m, panels); });
}

}  // namespace
}  // namespace saccade::kernels
