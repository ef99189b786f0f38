#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace saccade::io {

/// A source of bytes that is read at any offset: a whole file, or an entry of a zip archive.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Fills `out` from `offset`; both must lie within size(). Throws Error where the file is corrupt or has
  /// shrunk.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) = 0;
  /// Whether reading backwards costs no more than forwards.
  [[nodiscard]] virtual bool random_access() const noexcept { return true; }
  /// Frees buffers; a later read allocates them again.
  virtual void release_memory() noexcept {}
};

/// `size` bytes from `offset`, which must lie within the source.
[[nodiscard]] inline std::string read_string(ByteSource& bytes, std::uint64_t offset, std::uint64_t size) {
  std::string text(size, '\0');
  bytes.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace saccade::io
