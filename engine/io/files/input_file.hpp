#pragma once

#include "io/files/byte_source.hpp"
#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// A regular file opened for reading. It is read by pread, not mapped: a pass over a file larger than memory
/// leaves no mapped pages behind, and a file that is truncated is an Error, not a SIGBUS.
class InputFile : public ByteSource {
 public:
  /// Throws Error{file_not_usable} for a missing file, a folder, a device or a pipe.
  explicit InputFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.name(); }
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> out) override;
  /// The open file, for other system calls.
  [[nodiscard]] const FileDescriptor& descriptor() const noexcept { return file_; }

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

/// Whether a file or folder has this name; false where the folder cannot be searched.
[[nodiscard]] bool file_exists(const std::filesystem::path& path) noexcept;
/// All bytes of a file. Throws as InputFile does, and Error{file_format} for more than `longest` bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t longest);

}  // namespace saccade::io
