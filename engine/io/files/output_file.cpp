#include "io/files/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pending_size = 1 << 16;

struct HiddenFile {
  FileDescriptor file;
  fs::path path;
  UnfinishedFile unfinished;
};

/// A hidden name for the file. The process id and a counter make it unique on this machine; the file is
/// created only where the name is free, so that another machine may use the same folder.
HiddenFile create_hidden(const fs::path& folder, const fs::path& name, unsigned mode) {
  const std::string stem = ".saccade-" + std::to_string(::getpid()) + "-";
  for (int count = 0;; ++count) {
    fs::path path = folder / (stem + std::to_string(count) + ".partial");
    if (std::error_code unknown; fs::exists(path, unknown)) continue;
    UnfinishedFile unfinished(path);
    FileDescriptor file = FileDescriptor::create_new(path, name, mode);
    if (file.is_open()) return {std::move(file), std::move(path), std::move(unfinished)};
  }
}

void remove_quietly(const fs::path& path) noexcept {
  ::unlink(path.c_str());
}

}  // namespace

FileDescriptor create_nameless(const fs::path& folder, const fs::path& name) {
  HiddenFile hidden = create_hidden(folder, name, 0600);
  remove_quietly(hidden.path);
  return std::move(hidden.file);
}

OutputFile::OutputFile(const fs::path& target) : target_(target) {
  pending_.reserve(pending_size);
  if (is_stream(target)) {
    open_device();
  } else {
    open_on_disk();
  }
}

OutputFile::~OutputFile() {
  if (!hidden_.empty()) remove_quietly(hidden_);
}

void OutputFile::open_on_disk() {
  destination_ = output_place(target_);
  folder_ = destination_.parent_path();
  replaced_ = ReplacedFile(destination_);
  HiddenFile hidden = create_hidden(folder_, target_, replaced_.creation_mode());
  file_ = std::move(hidden.file);
  hidden_ = std::move(hidden.path);
  unfinished_ = std::move(hidden.unfinished);
}

void OutputFile::open_device() {
  std::error_code unknown;
  folder_ = fs::temp_directory_path(unknown);
  if (unknown) folder_ = "/tmp";
  const bool is_stdout = is_standard_output(target_);
  file_ = is_stdout ? FileDescriptor::copy_of(STDOUT_FILENO, "stdout") : FileDescriptor(target_, O_WRONLY);
  if (!is_stdout && file_.can_seek()) return;
  pipe_ = std::exchange(file_, create_nameless(folder_, target_));
}

void OutputFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset != pending_at_ + pending_.size() || pending_.size() + bytes.size() > pending_size) flush();
  if (pending_.empty()) pending_at_ = offset;
  if (bytes.size() >= pending_size) {
    file_.write(offset, bytes);
  } else {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  }
  size_ = std::max(size_, offset + bytes.size());
}

void OutputFile::flush() {
  file_.write(pending_at_, pending_);
  pending_.clear();
}

void OutputFile::copy_to_pipe() {
  std::vector<std::byte> piece(pending_size);
  for (std::uint64_t done = 0; done < size_;) {
    const std::size_t count = file_.read(done, piece);
    if (count == 0) throw system_error(target_, "read", EIO);
    pipe_.write_next(std::span(piece).first(count));
    done += count;
  }
}

void OutputFile::finish() {
  flush();
  if (pipe_.is_open()) {
    copy_to_pipe();
    return pipe_.sync_and_close();
  }
  replaced_.apply_to(file_);
  file_.sync_and_close();
}

void OutputFile::commit() {
  if (hidden_.empty()) return;
  std::error_code error;
  fs::rename(hidden_, destination_, error);
  if (error) throw system_error(target_, "write", error.value());
  hidden_.clear();
  unfinished_.release();
}

}  // namespace saccade::io
