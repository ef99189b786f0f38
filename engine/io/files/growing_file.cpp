#include "io/files/growing_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "io/files/errors.hpp"
#include "io/files/line_reader.hpp"
#include "io/files/output_file.hpp"

namespace saccade::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pending_size = 1 << 16;

FileDescriptor open_stream(const fs::path& path) {
  if (path == standard_stream) return FileDescriptor::copy_of(STDOUT_FILENO, "stdout");
  return {path, O_WRONLY};
}

}  // namespace

bool is_stream(const fs::path& path) {
  if (path == standard_stream) return true;
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

fs::path GrowingFile::partial_path(const fs::path& target) {
  fs::path path = without_links(target);
  path += ".partial";
  return path;
}

GrowingFile::GrowingFile(fs::path target, std::uint64_t kept) : target_(std::move(target)) {
  pending_.reserve(pending_size);
  std::error_code unknown;
  if (fs::is_directory(target_, unknown)) throw system_error(target_, "write", EISDIR);
  if (is_stream(target_)) {
    file_ = open_stream(target_);
  } else {
    open_on_disk(kept);
  }
}

GrowingFile::~GrowingFile() {
  if (!kept_ && !partial_.empty()) ::unlink(partial_.c_str());
}

void GrowingFile::open_on_disk(std::uint64_t kept) {
  const fs::path path = partial_path(target_);
  file_ = FileDescriptor(path, O_RDWR | (kept > 0 ? 0 : O_CREAT), 0666);
  const std::uint64_t held = fs::file_size(path);
  if (held < kept) {
    throw format_error({path}, "has " + std::to_string(held) + " bytes; expected the " +
                                   std::to_string(kept) + " that were written before");
  }
  if (kept == 0) unfinished_ = UnfinishedFile(path);
  file_.resize(kept);
  size_ = kept;
  partial_ = path;
  sync_folder_of(path);
}

void GrowingFile::append(std::span<const std::byte> bytes) {
  if (pending_.size() + bytes.size() > pending_size) flush();
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  size_ += bytes.size();
}

void GrowingFile::flush() {
  if (partial_.empty()) {
    file_.write_next(pending_);
  } else {
    file_.write(size_ - pending_.size(), pending_);
  }
  pending_.clear();
}

void GrowingFile::write_first(std::span<const std::byte> bytes) {
  flush();
  file_.write(0, bytes);
}

void GrowingFile::sync() {
  flush();
  if (!partial_.empty()) file_.sync_data();
}

void GrowingFile::keep() noexcept {
  kept_ = true;
  unfinished_.release();
}

void GrowingFile::finish() {
  flush();
  file_.sync_and_close();
}

void GrowingFile::commit() {
  if (partial_.empty()) return;
  const fs::path destination = without_links(target_);
  std::error_code error;
  fs::rename(partial_, destination, error);
  if (error) throw system_error(target_, "write", error.value());
  partial_.clear();
  unfinished_.release();
  sync_folder_of(destination);
}

void sync_folder_of(const fs::path& file) noexcept {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) return;
  static_cast<void>(::fsync(number));
  ::close(number);
}

}  // namespace saccade::io
