#pragma once

#include "io/formats/stored_tensor.hpp"

namespace saccade::io {

/// The tensor with the bytes of each element in little-endian order, converted as they are read.
[[nodiscard]] StoredTensor from_big_endian(StoredTensor tensor);

/// The tensor in C order, from elements in Fortran order (the first index fastest), rearranged as they are
/// read. Memory: as much as is read at a time. Reading a range of the first index reads it once for each
/// value of the other indices, so that a deflated entry is inflated again for each read.
[[nodiscard]] StoredTensor from_fortran_order(StoredTensor tensor);

}  // namespace saccade::io
