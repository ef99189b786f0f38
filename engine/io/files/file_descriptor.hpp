#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace saccade::io {

/// An open file of the operating system. Every call goes on after interruption by a signal; errors speak
/// of name().
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
                                                 std::filesystem::path name);

  /// Another number for an open file of this process, such as its standard input.
  [[nodiscard]] static FileDescriptor copy_of(int number, std::filesystem::path name);

  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] const std::filesystem::path& name() const noexcept { return name_; }
  [[nodiscard]] bool can_seek() const noexcept;

  /// Fills `out` with the bytes from `offset`; gives how many there were before the file ended.
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> out) const;
  /// What comes next, as much as there is at once; nothing at the end.
  [[nodiscard]] std::size_t read_next(std::span<std::byte> out) const;
  void write(std::uint64_t offset, std::span<const std::byte> bytes) const;
  /// For pipes and terminals, which have no offsets.
  void write_next(std::span<const std::byte> bytes) const;
  /// Cuts the file off, or lengthens it with zeros.
  void resize(std::uint64_t size) const;
  /// Has the disk keep all bytes written so far.
  void sync_data() const;
  /// Asks the disk to have everything, then closes: an error of a delayed write is found here or never.
  void sync_and_close();

 private:
  [[nodiscard]] std::size_t checked(long count, const char* action) const;

  std::filesystem::path name_;
  int number_ = -1;
};

}  // namespace saccade::io
