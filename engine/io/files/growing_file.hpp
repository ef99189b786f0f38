#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "io/files/file_descriptor.hpp"
#include "io/files/unfinished_file.hpp"

namespace saccade::io {

/// Whether the path is a stream: the standard output, a device or a pipe, where written bytes cannot be
/// changed.
[[nodiscard]] bool is_stream(const std::filesystem::path& path);

/// A file that is only appended to and can be resumed after a crash. On disk it is TARGET.partial until
/// commit() renames it; without commit() it is removed unless keep() was called. A stream is written
/// directly.
class GrowingFile {
 public:
  /// The path of the bytes until commit(); for streams, the stream itself.
  [[nodiscard]] static std::filesystem::path partial_path(const std::filesystem::path& target);

  /// A file on disk begins with the first `kept` bytes of the file at partial_path(). Throws
  /// Error{file_not_usable}, or Error{file_format} where that file is shorter.
  explicit GrowingFile(std::filesystem::path target, std::uint64_t kept = 0);
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  ~GrowingFile();

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void append(std::span<const std::byte> bytes);
  /// Overwrites the file's first bytes. Not for streams.
  void write_first(std::span<const std::byte> bytes);
  /// Returns when all appended bytes are on the disk.
  void sync();
  /// Keeps partial_path() when this object is destroyed without commit().
  void keep() noexcept;
  void finish();
  /// Renames a file on disk to its target. Call after finish().
  void commit();

 private:
  void open_on_disk(std::uint64_t kept);
  void flush();

  std::filesystem::path target_;
  std::filesystem::path partial_;  ///< empty for streams and after commit()
  FileDescriptor file_;
  std::uint64_t size_ = 0;
  bool kept_ = false;
  UnfinishedFile unfinished_;       ///< partial_, unless it is kept
  std::vector<std::byte> pending_;  ///< appended, and not written yet
};

/// Syncs the folder of a file, so that its name survives a crash, where the file system supports it.
void sync_folder_of(const std::filesystem::path& file) noexcept;

}  // namespace saccade::io
