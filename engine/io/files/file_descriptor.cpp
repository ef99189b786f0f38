#include "io/files/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {
namespace {

/// Repeats a system call while signals interrupt it.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
}

/// The most bytes for one system call: Linux moves at most 2 GiB, other systems fail for more.
std::size_t one_call(std::size_t bytes) {
  return std::min<std::size_t>(bytes, std::size_t{1} << 30);
}

off_t as_offset(std::uint64_t offset) {
  return static_cast<off_t>(offset);
}

}  // namespace

FileDescriptor::FileDescriptor(std::filesystem::path path, int flags, unsigned mode)
    : name_(std::move(path)), number_(open_file(name_, flags, mode)) {
  if (number_ < 0) throw system_error(name_, "open", errno);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : name_(std::move(other.name_)), number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(number_, other.number_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (is_open()) ::close(number_);
}

FileDescriptor FileDescriptor::create_new(const std::filesystem::path& path, std::filesystem::path name,
                                          unsigned mode) {
  FileDescriptor file;
  file.name_ = std::move(name);
  file.number_ = open_file(path, O_RDWR | O_CREAT | O_EXCL, mode);
  if (file.number_ < 0 && errno != EEXIST)
    throw system_error(file.name_, "create a file in " + path.parent_path().string(), errno);
  return file;
}

FileDescriptor FileDescriptor::open_if_there(const std::filesystem::path& path, int flags) {
  FileDescriptor file;
  file.name_ = path;
  file.number_ = open_file(path, flags, 0);
  if (file.number_ < 0 && errno != ENOENT) throw system_error(path, "open", errno);
  return file;
}

FileDescriptor FileDescriptor::copy_of(int number, std::filesystem::path name) {
  FileDescriptor file;
  file.name_ = std::move(name);
  file.number_ = uninterrupted([&] { return ::fcntl(number, F_DUPFD_CLOEXEC, 0); });
  if (file.number_ < 0) throw system_error(file.name_, "open", errno);
  return file;
}

bool FileDescriptor::can_seek() const noexcept {
  return ::lseek(number_, 0, SEEK_CUR) >= 0;
}

std::uint64_t FileDescriptor::size() const {
  struct stat status {};
  if (::fstat(number_, &status) < 0) throw system_error(name_, "read", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

std::size_t FileDescriptor::checked(long count, const char* action) const {
  if (count < 0) throw system_error(name_, action, errno);
  return static_cast<std::size_t>(count);
}

std::size_t FileDescriptor::read(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::span<std::byte> rest = out.subspan(done);
    const std::size_t count =
        checked(uninterrupted([&] {
                  return ::pread(number_, rest.data(), one_call(rest.size()), as_offset(offset + done));
                }),
                "read");
    if (count == 0) break;
    done += count;
  }
  return done;
}

std::size_t FileDescriptor::read_next(std::span<std::byte> out) const {
  return checked(uninterrupted([&] { return ::read(number_, out.data(), one_call(out.size())); }), "read");
}

void FileDescriptor::write(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const std::size_t count =
        checked(uninterrupted([&] {
                  return ::pwrite(number_, bytes.data(), one_call(bytes.size()), as_offset(offset));
                }),
                "write");
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void FileDescriptor::write_next(std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const std::size_t count = checked(
        uninterrupted([&] { return ::write(number_, bytes.data(), one_call(bytes.size())); }), "write");
    bytes = bytes.subspan(count);
  }
}

void FileDescriptor::resize(std::uint64_t size) const {
  static_cast<void>(checked(uninterrupted([&] { return ::ftruncate(number_, as_offset(size)); }), "write"));
}

void FileDescriptor::sync_data() const {
  static_cast<void>(checked(uninterrupted([&] { return ::fdatasync(number_); }), "write"));
}

void FileDescriptor::sync() const {
  const int synced = uninterrupted([&] { return ::fsync(number_); });
  if (synced < 0 && errno != EINVAL && errno != EROFS) throw system_error(name_, "write", errno);
}

void FileDescriptor::sync_and_close() {
  sync();
  // Linux closes the file even where close(2) returns EINTR.
  if (::close(std::exchange(number_, -1)) < 0 && errno != EINTR) throw system_error(name_, "write", errno);
}

}  // namespace saccade::io
