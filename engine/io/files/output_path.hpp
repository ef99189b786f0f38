#pragma once

#include <filesystem>

#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// Whether the path means the standard output: "-", /dev/stdout, /dev/fd/1, or a link to one of them. What is
/// behind it does not matter: a terminal, a pipe or a file on disk, of which the caller chose the position.
[[nodiscard]] bool is_standard_output(const std::filesystem::path& path);
/// Whether the path is a stream: the standard output, a device or a pipe, where written bytes cannot be
/// changed.
[[nodiscard]] bool is_stream(const std::filesystem::path& path);

/// The absolute path with symbolic links resolved, also where the file does not exist yet: a link to it is
/// followed by name.
[[nodiscard]] std::filesystem::path without_links(const std::filesystem::path& path);
/// Whether two paths name one file on disk, which may not exist yet.
[[nodiscard]] bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);
/// without_links() of an output on disk. Throws Error{file_not_usable} for a folder, or for links in a
/// circle.
[[nodiscard]] std::filesystem::path output_place(const std::filesystem::path& target);

/// Mode and owner of the file that an output will replace, which the output gets as far as the system allows.
class ReplacedFile {
 public:
  ReplacedFile() = default;
  explicit ReplacedFile(const std::filesystem::path& place) noexcept;

  /// The mode with which to create the output: what the file that it replaces hides is not visible before.
  [[nodiscard]] unsigned creation_mode() const noexcept;
  /// Sets mode and owner; does nothing where there was no file. A mode without the group that it was meant
  /// for gives the new group no more than everybody.
  void apply_to(const FileDescriptor& file) const noexcept;

 private:
  bool exists_ = false;
  unsigned mode_ = 0;
  unsigned owner_ = 0;
  unsigned group_ = 0;
};

/// Syncs the folder of a file, so that its name survives a crash, where the file system supports it.
void sync_folder_of(const std::filesystem::path& file) noexcept;

}  // namespace saccade::io
