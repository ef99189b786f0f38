#pragma once

#include "io/formats/stored_tensor.hpp"

namespace saccade::io {

/// The tensor with the bytes of each element in little-endian order, converted as they are read.
[[nodiscard]] StoredTensor from_big_endian(StoredTensor tensor);

/// The tensor in C order, from elements in Fortran order (the first index fastest), rearranged as they are
/// read. A deflated one is held in memory whole while it is read; others take as much memory as is read at a
/// time.
[[nodiscard]] StoredTensor from_fortran_order(StoredTensor tensor);

}  // namespace saccade::io
