#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/files/input_file.hpp"

namespace saccade::io {

/// An entry of a zip archive, checked to lie within the file.
struct ZipEntry {
  std::string name;
  bool deflated = false;  ///< else stored
  std::uint32_t crc = 0;  ///< of the uncompressed bytes
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t begin = 0;      ///< of the compressed bytes in the file
  std::string unreadable = {};  ///< why its bytes cannot be read; empty: they can
};

/// The entries of a zip archive (zip64 too), in its order. Throws Error{file_format} for what is corrupt,
/// and for entries of one name or with bytes in common: a small file could otherwise hold more than can ever
/// be read. An entry that is encrypted or compressed by anything but deflate says so in `unreadable`.
[[nodiscard]] std::vector<ZipEntry> read_zip_directory(InputFile& file);

}  // namespace saccade::io
