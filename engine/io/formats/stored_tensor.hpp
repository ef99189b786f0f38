#pragma once

#include <cstdint>
#include <memory>

#include "io/files/byte_source.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// A tensor of a file and the place of its bytes.
struct StoredTensor {
  TensorInfo info;
  std::shared_ptr<ByteSource> bytes;
  std::uint64_t begin = 0;  ///< offset of its first element in `bytes`
};

}  // namespace saccade::io
