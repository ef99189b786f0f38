#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "io/files/file_descriptor.hpp"
#include "io/files/unfinished_file.hpp"

namespace saccade::io {

/// A file on disk under a name that is known ahead, for reading and writing, locked against every other
/// LockedFile of that name (flock(2)) while this object exists, also under a new name. Symbolic links are not
/// followed: whoever can write to the folder could choose another file by one. Nothing in the file is
/// changed; a file that this object created is removed at its end unless keep() is called.
class LockedFile {
 public:
  /// Opens the file, or creates it with `mode`. Throws Error{file_not_usable}, also where another run holds
  /// the lock. On a file system without locks there is none.
  explicit LockedFile(const std::filesystem::path& path, unsigned mode = 0666);
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return name_.path; }
  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }
  /// Bytes that it had when it was locked.
  [[nodiscard]] std::uint64_t found() const noexcept { return found_; }

  void keep() noexcept;
  void remove_at_end();
  /// Renames it over `place`, and keeps it. Errors call it `name`.
  void rename(const std::filesystem::path& place, const std::filesystem::path& name);
  void remove() noexcept;

 private:
  struct Name {
    explicit Name(std::filesystem::path file) : path(std::move(file)) {}
    Name(const Name&) = delete;
    Name& operator=(const Name&) = delete;
    ~Name();

    std::filesystem::path path;
    bool removed_at_end = false;
    UnfinishedFile unfinished = {};  ///< path, if it is removed at the end
  };

  [[nodiscard]] bool open(unsigned mode);
  void lock() const;
  [[nodiscard]] bool has_its_name() const;

  FileDescriptor file_;
  Name name_;  ///< behind file_: the file is removed while it is locked, also by a failing constructor
  std::uint64_t found_ = 0;
};

}  // namespace saccade::io
