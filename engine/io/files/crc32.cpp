#include "io/files/crc32.hpp"

#include <zlib.h>

#include <vector>

#include "io/files/input_file.hpp"

namespace saccade::io {

void Crc32::add(std::span<const std::byte> bytes) noexcept {
  value_ = static_cast<std::uint32_t>(
      ::crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32_of_file(const std::filesystem::path& path) {
  const InputFile file(path);
  std::vector<std::byte> piece(1 << 18);
  Crc32 crc;
  for (std::uint64_t done = 0;;) {
    const std::size_t count = file.descriptor().read(done, piece);
    if (count == 0) return crc.value();
    crc.add(std::span(piece).first(count));
    done += count;
  }
}

}  // namespace saccade::io
