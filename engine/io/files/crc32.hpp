#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// The CRC-32 of zlib, computed piece by piece.
class Crc32 {
 public:
  Crc32() = default;
  /// Continues from the CRC of the bytes before.
  explicit Crc32(std::uint32_t value) noexcept : value_(value) {}

  void add(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] std::uint32_t value() const noexcept { return value_; }

 private:
  std::uint32_t value_ = 0;
};

/// The CRC-32 of the bytes of a file from `begin` up to, not including, `end`. Throws Error{file_not_usable},
/// or Error{file_format} where the file ends before.
[[nodiscard]] std::uint32_t crc32_of_range(const FileDescriptor& file, std::uint64_t begin,
                                           std::uint64_t end);
/// The CRC-32 of a whole file. Throws Error{file_not_usable}.
[[nodiscard]] std::uint32_t crc32_of_file(const std::filesystem::path& path);

}  // namespace saccade::io
