#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "io/files/file_descriptor.hpp"
#include "io/files/output_path.hpp"
#include "io/files/unfinished_file.hpp"

namespace saccade::io {

/// A temporary file in `folder` without a name, which is removed when it is closed, also by a crash. Errors
/// call it `name`.
[[nodiscard]] FileDescriptor create_nameless(const std::filesystem::path& folder,
                                             const std::filesystem::path& name);

/// A file being written. A file on disk is written under a hidden name beside its target and renamed by
/// commit(); without commit() the hidden file is removed and the target is unchanged. A file that it replaces
/// gives it its mode. A device is written directly. A pipe cannot be corrected later, and of the standard
/// output only the next bytes may be written: both are written by finish(), from a temporary file.
class OutputFile {
 public:
  /// A symbolic link is followed. Throws Error{file_not_usable}.
  explicit OutputFile(const std::filesystem::path& target);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// The path that the caller gave.
  [[nodiscard]] const std::filesystem::path& target() const noexcept { return target_; }
  /// A folder with room for temporary files of this file's size.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// Writes at any offset, in any order. Small pieces that follow each other are buffered.
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Writes buffered bytes and syncs to disk. Call once, after the last write.
  void finish();
  /// Renames the file to its target, and does nothing else that can fail. Call after finish().
  void commit();

 private:
  void open_on_disk();
  void open_device();
  void flush();
  void copy_to_pipe();

  std::filesystem::path target_;
  std::filesystem::path destination_;  ///< target_ with links resolved
  std::filesystem::path folder_;
  FileDescriptor file_;
  FileDescriptor pipe_;  ///< open where the target is a pipe or the standard output
  ReplacedFile replaced_;
  std::filesystem::path hidden_;  ///< the path of file_ until commit(); empty for devices and pipes
  UnfinishedFile unfinished_;     ///< hidden_
  std::uint64_t size_ = 0;        ///< end of what has been written
  std::uint64_t pending_at_ = 0;  ///< offset of pending_ in the file
  std::vector<std::byte> pending_;
};

}  // namespace saccade::io
