#pragma once

#include <algorithm>
#include <cstdint>

#include "saccade/views.hpp"

namespace saccade::layers {

/// Copies all rows of `from` to the rows of `to` from `first` on.
inline void copy_rows(ConstMatrixView from, MatrixView to, std::int64_t first = 0) noexcept {
  for (std::int64_t row = 0; row < from.rows; ++row)
    std::copy_n(from.data + row * from.row_stride, from.columns, to.data + (first + row) * to.row_stride);
}

}  // namespace saccade::layers
