#include "io/files/mapped_file.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {

MappedFile::MappedFile(const InputFile& file) {
  if (file.size() == 0) return;  // mmap fails for it
  void* data = ::mmap(nullptr, file.size(), PROT_READ, MAP_PRIVATE, file.descriptor().number(), 0);
  if (data == MAP_FAILED) throw system_error(file.path(), "map into memory", errno);
  bytes_ = {static_cast<const std::byte*>(data), file.size()};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  // munmap takes a pointer to non-const, as mmap returned it.
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace saccade::io
