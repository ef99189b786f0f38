#pragma once

#include "io/files/byte_source.hpp"
#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// A regular file opened for reading. Read by pread, not mapped: a read goes into the caller's memory and
/// nowhere else, so a pass over a file larger than memory leaves no mapped pages behind, and a file that
/// shrinks is an Error, not a SIGBUS.
class InputFile : public ByteSource {
 public:
  /// Throws Error{file_not_usable} for a missing file, a folder, a device or a pipe.
  explicit InputFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.name(); }
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> out) override;
  /// For what system calls do with the open file beside reading.
  [[nodiscard]] const FileDescriptor& descriptor() const noexcept { return file_; }

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

/// Whether something has this name; false where that cannot be found out.
[[nodiscard]] bool file_exists(const std::filesystem::path& path) noexcept;
/// All bytes of a file. Throws as InputFile does, and Error{file_format} for more than `longest` bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t longest);

}  // namespace saccade::io
