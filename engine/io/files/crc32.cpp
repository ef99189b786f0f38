#include "io/files/crc32.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"

namespace saccade::io {

void Crc32::add(std::span<const std::byte> bytes) noexcept {
  value_ = static_cast<std::uint32_t>(
      ::crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32_of_range(const FileDescriptor& file, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::byte> piece(std::min<std::uint64_t>(1 << 18, std::max(begin, end) - begin));
  Crc32 crc;
  while (begin < end) {
    const auto wanted = std::span(piece).first(std::min<std::uint64_t>(piece.size(), end - begin));
    if (file.read(begin, wanted) != wanted.size()) {
      throw format_error({file.name()}, "ends before byte " + std::to_string(end));
    }
    crc.add(wanted);
    begin += wanted.size();
  }
  return crc.value();
}

std::uint32_t crc32_of_file(const std::filesystem::path& path) {
  const InputFile file(path);
  return crc32_of_range(file.descriptor(), 0, file.size());
}

}  // namespace saccade::io
