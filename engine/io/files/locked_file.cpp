#include "io/files/locked_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "io/files/errors.hpp"
#include "io/files/output_path.hpp"

namespace saccade::io {
namespace {

namespace fs = std::filesystem;

Error not_usable(const fs::path& path, const std::string& what) {
  return {ErrorCode::file_not_usable, to_string({path}) + what};
}

}  // namespace

LockedFile::Name::~Name() {
  if (removed_at_end) ::unlink(path.c_str());
}

LockedFile::LockedFile(const fs::path& path, unsigned mode) : name_(path) {
  bool created = false;
  do {
    created = open(mode);
    lock();
    // Whoever held the lock before may have renamed or removed the file between open and lock.
  } while (!has_its_name());
  if (created) remove_at_end();
  found_ = file_.size();
  if (found_ > 0) keep();  // another run locked it first, and wrote
  if (created) sync_folder_of(path);
}

/// Returns whether the file was created.
bool LockedFile::open(unsigned mode) {
  for (;;) {
    file_ = FileDescriptor::create_new(path(), path(), mode);
    if (file_.is_open()) return true;
    std::error_code unknown;
    const fs::file_status status = fs::symlink_status(path(), unknown);
    if (fs::is_symlink(status)) throw not_usable(path(), "is a symbolic link; expected no file of this name");
    if (fs::exists(status) && !fs::is_regular_file(status))
      throw not_usable(path(), "is not a regular file; expected no file of this name");
    file_ = FileDescriptor::open_if_there(path(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (file_.is_open()) return false;
  }
}

void LockedFile::lock() const {
  int result = ::flock(file_.number(), LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR) result = ::flock(file_.number(), LOCK_EX | LOCK_NB);
  // Other errors mean a file system without locks.
  if (result != 0 && errno == EWOULDBLOCK) throw not_usable(path(), "is in use by another run");
}

bool LockedFile::has_its_name() const {
  struct stat opened {
  }, named{};
  if (::fstat(file_.number(), &opened) != 0) throw system_error(path(), "read", errno);
  return ::lstat(path().c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

void LockedFile::keep() noexcept {
  name_.removed_at_end = false;
  name_.unfinished.release();
}

void LockedFile::remove_at_end() {
  if (name_.removed_at_end) return;
  name_.removed_at_end = true;
  name_.unfinished = UnfinishedFile(path());
}

void LockedFile::rename(const fs::path& place, const fs::path& name) {
  std::error_code error;
  fs::rename(path(), place, error);
  if (error) throw system_error(name, "write", error.value());
  keep();
  sync_folder_of(place);
}

void LockedFile::remove() noexcept {
  ::unlink(path().c_str());
  keep();
}

}  // namespace saccade::io
