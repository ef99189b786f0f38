#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// Whether bytes written there go out at once: the standard output, a device or a pipe.
[[nodiscard]] bool is_stream(const std::filesystem::path& path);

/// A file that grows at its end and can be gone on with after a crash. On disk it grows as TARGET.partial and
/// gets its name from commit(); left without, it goes again unless keep() was called. A stream gets its
/// bytes as they come.
class GrowingFile {
 public:
  /// Where the bytes are until commit(); for streams, the stream itself.
  [[nodiscard]] static std::filesystem::path partial_path(const std::filesystem::path& target);

  /// A file on disk begins with the first `kept` bytes of what lies at partial_path(). Throws
  /// Error{file_not_usable}, or Error{file_format} where that is shorter.
  explicit GrowingFile(std::filesystem::path target, std::uint64_t kept = 0);
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  ~GrowingFile();

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void append(std::span<const std::byte> bytes);
  /// In place of the file's first bytes. Not for streams.
  void write_first(std::span<const std::byte> bytes);
  /// From here on the disk has what was appended.
  void sync();
  /// Whatever happens, what was written stays as partial_path().
  void keep() noexcept { kept_ = true; }
  void finish();
  /// After finish(): gives a file on disk its name.
  void commit();

 private:
  void open_on_disk(std::uint64_t kept);
  void flush();

  std::filesystem::path target_;
  std::filesystem::path partial_;  ///< empty for streams, and from commit() on
  FileDescriptor file_;
  std::uint64_t size_ = 0;
  bool kept_ = false;
  std::vector<std::byte> pending_;  ///< appended, and not written yet
};

/// Has the disk keep the names in the folder of a file, as far as its file system can.
void sync_folder_of(const std::filesystem::path& file) noexcept;

}  // namespace saccade::io
