#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace saccade::io {

/// A writer of a file format. Tensors are given by their index; the caller counts the bytes.
class TensorSink {
 public:
  TensorSink() = default;
  TensorSink(const TensorSink&) = delete;
  TensorSink& operator=(const TensorSink&) = delete;
  virtual ~TensorSink() = default;

  /// Appends bytes to a tensor that has `position` bytes already. Never more than the tensor has.
  virtual void append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) = 0;
  /// Completes the file when all tensors are complete. As OutputFile::finish().
  virtual void finish() = 0;
  /// As OutputFile::commit().
  virtual void commit() = 0;
};

}  // namespace saccade::io
