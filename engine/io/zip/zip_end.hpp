#pragma once

#include <cstdint>

#include "io/files/input_file.hpp"

namespace saccade::io {

/// The place of a zip archive's directory, checked to lie within the file.
struct ZipEnd {
  std::uint64_t entries = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t directory_begin = 0;
};

/// Throws Error{file_format} where there is no such end, as in any truncated archive.
[[nodiscard]] ZipEnd read_zip_end(InputFile& file);

}  // namespace saccade::io
