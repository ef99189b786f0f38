#include "io/files/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "io/files/errors.hpp"

namespace saccade::io {

// O_NONBLOCK: opening a pipe must not wait for a writer.
InputFile::InputFile(const std::filesystem::path& path) : file_(path, O_RDONLY | O_NONBLOCK) {
  struct stat status {};
  if (::fstat(file_.number(), &status) < 0) throw system_error(path, "read", errno);
  if (S_ISDIR(status.st_mode)) throw system_error(path, "read", EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::file_not_usable,
                to_string({path}) + "is a pipe or a device; expected a file on disk");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void InputFile::read(std::uint64_t offset, std::span<std::byte> out) {
  const std::size_t count = file_.read(offset, out);
  if (count == out.size()) return;
  throw format_error({path()}, "ends at byte " + std::to_string(offset + count) + "; it had " +
                                   std::to_string(size_) + " bytes when it was opened");
}

bool file_exists(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t longest) {
  InputFile file(path);
  if (file.size() <= longest) return read_string(file, 0, file.size());
  throw format_error({path}, "has " + std::to_string(file.size()) + " bytes; expected " +
                                 std::to_string(longest) + " at most");
}

}  // namespace saccade::io
