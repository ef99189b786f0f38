#include "io/zip/zip_entry_source.hpp"

#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "io/files/errors.hpp"
#include "io/zip/inflater.hpp"

namespace saccade::io {
namespace {

/// The CRC of the bytes of a source that were read without a gap from its beginning.
class RunningCrc {
 public:
  RunningCrc(InputFile& file, const ZipEntry& entry) : place_{file.path(), entry.name}, entry_(entry) {}

  void follow(std::uint64_t offset, std::span<const std::byte> bytes) {
    const std::uint64_t end = offset + bytes.size();
    if (offset <= position_ && end > position_) {
      const std::span<const std::byte> unseen = bytes.subspan(position_ - offset);
      crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(unseen.data()), unseen.size());
      position_ = end;
    }
    if (end == entry_.size && position_ == end) check();
  }

 private:
  void check() const {
    if (crc_ == entry_.crc) return;
    throw format_error(place_, "corrupt: the CRC of its bytes is " + std::to_string(crc_) + ", expected " +
                                   std::to_string(entry_.crc));
  }

  Place place_;
  ZipEntry entry_;
  std::uint64_t position_ = 0;
  uLong crc_ = crc32_z(0, nullptr, 0);
};

class StoredEntry : public ByteSource {
 public:
  StoredEntry(std::shared_ptr<InputFile> file, const ZipEntry& entry)
      : file_(std::move(file)), entry_(entry), crc_(*file_, entry) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return entry_.size; }

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    file_->read(entry_.begin + offset, out);
    crc_.follow(offset, out);
  }

 private:
  std::shared_ptr<InputFile> file_;
  ZipEntry entry_;
  RunningCrc crc_;
};

class DeflatedEntry : public ByteSource {
 public:
  DeflatedEntry(std::shared_ptr<InputFile> file, const ZipEntry& entry)
      : file_(std::move(file)), entry_(entry), crc_(*file_, entry) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return entry_.size; }

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    if (!inflater_ || offset < inflater_->position()) inflater_ = std::make_unique<Inflater>(*file_, entry_);
    try {
      skip_to(offset);
      inflate(out);
    } catch (...) {
      inflater_.reset();  // its position is unknown
      throw;
    }
    if (inflater_->position() == entry_.size) inflater_.reset();
  }

  /// Reading backwards inflates again from the beginning.
  [[nodiscard]] bool random_access() const noexcept override { return false; }
  void release_memory() noexcept override { inflater_.reset(); }

 private:
  void inflate(std::span<std::byte> out) {
    const std::uint64_t offset = inflater_->position();
    inflater_->read(out);
    crc_.follow(offset, out);
  }

  void skip_to(std::uint64_t offset) {
    std::vector<std::byte> unwanted(std::min<std::uint64_t>(offset - inflater_->position(), 1 << 16));
    while (inflater_->position() < offset) {
      inflate(std::span(unwanted).first(
          std::min<std::uint64_t>(offset - inflater_->position(), unwanted.size())));
    }
  }

  std::shared_ptr<InputFile> file_;
  ZipEntry entry_;
  RunningCrc crc_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace

std::shared_ptr<ByteSource> open_entry(std::shared_ptr<InputFile> file, const ZipEntry& entry) {
  if (entry.deflated) return std::make_shared<DeflatedEntry>(std::move(file), entry);
  return std::make_shared<StoredEntry>(std::move(file), entry);
}

}  // namespace saccade::io
