#pragma once

#include <cstdint>
#include <memory>

#include "io/files/byte_source.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// A tensor and where its bytes are.
struct StoredTensor {
  TensorInfo info;
  std::shared_ptr<ByteSource> bytes;
  std::uint64_t begin = 0;  ///< of its first element within `bytes`
};

}  // namespace saccade::io
