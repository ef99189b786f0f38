#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "io/files/byte_source.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// A tensor of a file and the place of its bytes. One that cannot be read, such as an array of strings, has a
/// name only: it matters to those who ask for it.
struct StoredTensor {
  TensorInfo info;
  std::shared_ptr<ByteSource> bytes;
  std::uint64_t begin = 0;      ///< offset of its first element in `bytes`
  std::string unreadable = {};  ///< the message of the error for who asks for it; empty: it can be read
};

[[nodiscard]] inline StoredTensor unreadable_tensor(std::string name, std::string message) {
  StoredTensor tensor;
  tensor.info.name = std::move(name);
  tensor.unreadable = std::move(message);
  return tensor;
}

}  // namespace saccade::io
