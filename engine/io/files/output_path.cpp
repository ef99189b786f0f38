#include "io/files/output_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "io/files/errors.hpp"
#include "io/files/line_reader.hpp"

namespace saccade::io {
namespace {

namespace fs = std::filesystem;

/// As many links in a row as Linux follows.
constexpr int most_links = 40;

/// The path that a symbolic link has in it; nothing where `path` is no link.
std::optional<fs::path> target_of(const fs::path& path) {
  std::error_code unknown;
  if (!fs::is_symlink(fs::symlink_status(path, unknown))) return std::nullopt;
  fs::path target = fs::read_symlink(path, unknown);
  if (unknown) return std::nullopt;
  return path.parent_path() / target;  // an absolute target replaces the folder
}

fs::path absolute_path(const fs::path& path) {
  std::error_code unknown;
  fs::path absolute = fs::absolute(path, unknown);
  return unknown ? path : absolute;
}

}  // namespace

bool is_standard_output(const fs::path& path) {
  constexpr std::array names = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
  if (path == standard_stream) return true;
  std::optional<fs::path> place = path;
  for (int links = 0; place && links <= most_links; ++links, place = target_of(*place)) {
    const fs::path name = absolute_path(*place).lexically_normal();
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

bool is_stream(const fs::path& path) {
  if (is_standard_output(path)) return true;
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

fs::path without_links(const fs::path& path) {
  std::error_code unresolved;
  if (fs::path resolved = fs::canonical(path, unresolved); !unresolved) return resolved;
  fs::path place = path;
  for (int links = 0; links < most_links; ++links) {
    const std::optional<fs::path> target = target_of(place);
    if (!target) break;
    place = *target;
  }
  const fs::path folder = fs::canonical(place.has_parent_path() ? place.parent_path() : ".", unresolved);
  return unresolved ? absolute_path(place) : folder / place.filename();
}

bool same_file(const fs::path& a, const fs::path& b) {
  const fs::path place = without_links(a);
  if (place != without_links(b)) return false;
  std::error_code unknown;
  const fs::file_status status = fs::status(place, unknown);
  return !fs::exists(status) || fs::is_regular_file(status);
}

fs::path output_place(const fs::path& target) {
  std::error_code unknown;
  if (fs::is_directory(target, unknown)) throw system_error(target, "write", EISDIR);
  fs::path place = without_links(target);
  if (fs::is_symlink(fs::symlink_status(place, unknown))) throw system_error(target, "write", ELOOP);
  return place;
}

ReplacedFile::ReplacedFile(const fs::path& place) noexcept {
  struct stat status {};
  exists_ = ::stat(place.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  mode_ = status.st_mode & 0777;
  owner_ = status.st_uid;
  group_ = status.st_gid;
}

unsigned ReplacedFile::creation_mode() const noexcept {
  return exists_ ? mode_ | 0600 : 0666;  // 0600: this process may have to open it again
}

void ReplacedFile::apply_to(const FileDescriptor& file) const noexcept {
  if (!exists_) return;
  if (::fchown(file.number(), owner_, group_) != 0)
    static_cast<void>(!::fchown(file.number(), static_cast<uid_t>(-1), group_));
  struct stat status {};
  const bool same_group = ::fstat(file.number(), &status) == 0 && status.st_gid == group_;
  const unsigned mode = same_group ? mode_ : (mode_ & ~070U) | (mode_ & (mode_ << 3) & 070U);
  static_cast<void>(::fchmod(file.number(), mode));
}

void sync_folder_of(const fs::path& file) noexcept {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) return;
  static_cast<void>(::fsync(number));
  ::close(number);
}

}  // namespace saccade::io
