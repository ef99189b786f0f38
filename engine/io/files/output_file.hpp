#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// A new file in `folder` without a name, for bytes that have to wait: gone when closed, whatever happens to
/// the process.
/// `name`: what errors speak of.
[[nodiscard]] FileDescriptor create_nameless(const std::filesystem::path& folder,
                                             const std::filesystem::path& name);

/// Where a file lies, symbolic links followed; as it is where nothing lies there yet.
[[nodiscard]] std::filesystem::path without_links(const std::filesystem::path& path);
/// Whether these are two names of one file on disk, which may not exist yet.
[[nodiscard]] bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// A file being written. A file on disk grows under a hidden name beside its target and is renamed by
/// commit(); without it the hidden file is removed and the target is as it was. A device is written directly;
/// a pipe, where nothing can be corrected later, gets everything at finish(), from a nameless file.
class OutputFile {
 public:
  /// A symbolic link is followed. Throws Error{file_not_usable}.
  explicit OutputFile(const std::filesystem::path& target);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// As the caller named it.
  [[nodiscard]] const std::filesystem::path& target() const noexcept { return target_; }
  /// Where there is room for temporary files of this one's size.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// At any offset, in any order. Small pieces that follow each other are gathered.
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Everything is written: makes sure that it stays. Once.
  void finish();
  /// After finish(): gives the file its name, and does nothing else that could fail.
  void commit();

 private:
  void open_on_disk();
  void open_device();
  void flush();
  void copy_to_pipe();

  std::filesystem::path target_;
  std::filesystem::path destination_;  ///< target_ without links
  std::filesystem::path folder_;
  FileDescriptor file_;
  FileDescriptor pipe_;           ///< open where the target is one
  std::filesystem::path hidden_;  ///< of file_, until it is renamed; empty for devices and pipes
  std::uint64_t size_ = 0;        ///< end of what has been written
  std::uint64_t pending_at_ = 0;  ///< offset of pending_ in the file
  std::vector<std::byte> pending_;
};

}  // namespace saccade::io
