#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace saccade::io {

/// A file format being written. Tensors are told by their index; who appends keeps count of the bytes.
class TensorSink {
 public:
  TensorSink() = default;
  TensorSink(const TensorSink&) = delete;
  TensorSink& operator=(const TensorSink&) = delete;
  virtual ~TensorSink() = default;

  /// The next bytes of a tensor, of which `position` have come before. Never more than the tensor has.
  virtual void append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) = 0;
  /// All tensors are complete: writes what remains of the format. As OutputFile::finish().
  virtual void finish() = 0;
  /// As OutputFile::commit().
  virtual void commit() = 0;
};

}  // namespace saccade::io
