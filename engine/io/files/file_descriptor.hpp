#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace saccade::io {

/// An open file of the operating system. Every call is repeated after interruption by a signal; errors give
/// name().
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// `flags` and `mode` as open(2). Throws Error{file_not_usable}.
  FileDescriptor(std::filesystem::path path, int flags, unsigned mode = 0);
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  /// A new file for reading and writing, called `name` in errors; a closed one where `path` exists.
  [[nodiscard]] static FileDescriptor create_new(const std::filesystem::path& path,
                                                 std::filesystem::path name, unsigned mode = 0666);
  /// An existing file, with `flags` as open(2); a closed one where `path` does not exist.
  [[nodiscard]] static FileDescriptor open_if_there(const std::filesystem::path& path, int flags);

  /// A duplicate of an open file of this process, such as its standard input (dup(2)).
  [[nodiscard]] static FileDescriptor copy_of(int number, std::filesystem::path name);

  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] const std::filesystem::path& name() const noexcept { return name_; }
  [[nodiscard]] bool can_seek() const noexcept;
  /// Bytes of a regular file.
  [[nodiscard]] std::uint64_t size() const;

  /// Fills `out` with the bytes from `offset`; returns how many the file had.
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> out) const;
  /// Reads the next bytes, as many as one call gives; returns 0 at the end.
  [[nodiscard]] std::size_t read_next(std::span<std::byte> out) const;
  void write(std::uint64_t offset, std::span<const std::byte> bytes) const;
  /// Writes at the current position: for pipes and terminals, which have no offsets.
  void write_next(std::span<const std::byte> bytes) const;
  /// Truncates the file, or extends it with zeros.
  void resize(std::uint64_t size) const;
  /// Returns when all bytes written so far are on the disk (fdatasync(2)).
  void sync_data() const;
  /// The same for its mode and size too (fsync(2)). Does nothing for devices and pipes.
  void sync() const;
  /// Syncs to disk, then closes: an error of a delayed write is reported here or never.
  void sync_and_close();

 private:
  [[nodiscard]] std::size_t checked(long count, const char* action) const;

  std::filesystem::path name_;
  int number_ = -1;
};

}  // namespace saccade::io
