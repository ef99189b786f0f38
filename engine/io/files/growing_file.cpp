#include "io/files/growing_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pending_size = 1 << 16;

FileDescriptor open_stream(const fs::path& path) {
  if (is_standard_output(path)) return FileDescriptor::copy_of(STDOUT_FILENO, "stdout");
  return {path, O_WRONLY};
}

fs::path partial_of(fs::path place) {
  place += ".partial";
  return place;
}

}  // namespace

fs::path GrowingFile::partial_path(const fs::path& target) {
  return partial_of(without_links(target));
}

GrowingFile::GrowingFile(fs::path target, std::size_t first) : target_(std::move(target)), first_(first) {
  pending_.reserve(pending_size);
  if (is_stream(target_)) {
    stream_ = open_stream(target_);
    return;
  }
  place_ = output_place(target_);
  replaced_ = ReplacedFile(place_);
  partial_.emplace(partial_of(place_), replaced_.creation_mode());
}

bool GrowingFile::begins_with(std::string_view bytes) const {
  std::string held(bytes.size(), '\0');
  held.resize(file().read(0, std::as_writable_bytes(std::span(held))));
  return held == bytes;
}

void GrowingFile::start_over() {
  if (partial_) {
    partial_->remove_at_end();
    if (found() > 0) {
      file().resize(0);
      file().sync();
    }
  }
  size_ = first_;
  pending_.assign(first_, std::byte{});
  crc_ = Crc32();
}

void GrowingFile::resume(std::uint64_t size, std::uint32_t crc) {
  const Place place{partial_->path()};
  if (found() < size) {
    throw format_error(place, "has " + std::to_string(found()) + " bytes; expected the " +
                                  std::to_string(size) + " that were written before");
  }
  const std::uint32_t held = crc32_of_range(file(), first_, size);
  if (held != crc) {
    throw format_error(place, "was changed since it was written: its CRC-32 is " + std::to_string(held) +
                                  "; expected " + std::to_string(crc));
  }
  if (found() > size) file().resize(size);
  size_ = size;
  crc_ = Crc32(crc);
  keep();
}

void GrowingFile::append(std::span<const std::byte> bytes) {
  if (pending_.size() + bytes.size() > pending_size) flush();
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  crc_.add(bytes);
  size_ += bytes.size();
}

void GrowingFile::flush() {
  if (partial_) {
    file().write(size_ - pending_.size(), pending_);
  } else {
    file().write_next(pending_);
  }
  pending_.clear();
}

void GrowingFile::write_first(std::span<const std::byte> bytes) {
  flush();
  file().write(0, bytes);
}

void GrowingFile::sync() {
  flush();
  if (partial_) file().sync_data();
}

void GrowingFile::keep() noexcept {
  if (partial_) partial_->keep();
}

void GrowingFile::finish() {
  flush();
  if (!partial_) return stream_.sync_and_close();
  replaced_.apply_to(file());
  file().sync();  // stays open, and so locked, until it has its name
}

void GrowingFile::commit() {
  if (partial_) partial_->rename(place_, target_);
}

}  // namespace saccade::io
