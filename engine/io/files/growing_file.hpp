#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "io/files/crc32.hpp"
#include "io/files/file_descriptor.hpp"
#include "io/files/locked_file.hpp"
#include "io/files/output_path.hpp"

namespace saccade::io {

/// A file that is only appended to, but for its first bytes, and can be resumed after a crash. On disk it is
/// TARGET.partial, locked, until commit() renames it; without commit() it is removed unless keep() was
/// called. A stream is written directly.
class GrowingFile {
 public:
  /// The path of the bytes until commit().
  [[nodiscard]] static std::filesystem::path partial_path(const std::filesystem::path& target);

  /// Opens the file and locks it; what an earlier run left in it stays until start_over(). `first`: bytes at
  /// the beginning that are zero until write_first(). Throws Error{file_not_usable}, also where another run
  /// writes the same target.
  explicit GrowingFile(std::filesystem::path target, std::size_t first = 0);

  /// Bytes that an earlier run left.
  [[nodiscard]] std::uint64_t found() const noexcept { return partial_ ? partial_->found() : 0; }
  /// Whether what an earlier run left begins with these bytes.
  [[nodiscard]] bool begins_with(std::string_view bytes) const;
  /// Begins with the first bytes, and removes what an earlier run left.
  void start_over();
  /// Continues after the first `size` bytes of what an earlier run left, and removes the others. Throws
  /// Error{file_format} where there are fewer, or where `crc` is not what crc() was.
  void resume(std::uint64_t size, std::uint32_t crc);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The CRC-32 of all bytes behind the first ones.
  [[nodiscard]] std::uint32_t crc() const noexcept { return crc_.value(); }
  void append(std::span<const std::byte> bytes);
  /// Overwrites the first bytes. Not for streams.
  void write_first(std::span<const std::byte> bytes);
  /// Returns when all appended bytes are on the disk.
  void sync();
  /// Keeps partial_path() when this object is destroyed without commit().
  void keep() noexcept;
  /// Completes the file on disk, with mode and owner of the file that it will replace.
  void finish();
  /// Renames a file on disk to its target. Call after finish().
  void commit();

 private:
  [[nodiscard]] const FileDescriptor& file() const noexcept { return partial_ ? partial_->file() : stream_; }
  void flush();

  std::filesystem::path target_;
  std::size_t first_;
  std::filesystem::path place_;  ///< target_ with links resolved
  ReplacedFile replaced_;
  std::optional<LockedFile> partial_;  ///< nothing for streams
  FileDescriptor stream_;
  std::uint64_t size_ = 0;
  Crc32 crc_;
  std::vector<std::byte> pending_;  ///< appended, and not written yet
};

}  // namespace saccade::io
