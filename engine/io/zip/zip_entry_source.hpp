#pragma once

#include <memory>

#include "io/files/byte_source.hpp"
#include "io/files/input_file.hpp"
#include "io/zip/zip_directory.hpp"

namespace saccade::io {

/// The uncompressed bytes of an entry. Where they are read from beginning to end, in any pieces, their CRC is
/// checked at the end.
[[nodiscard]] std::shared_ptr<ByteSource> open_entry(std::shared_ptr<InputFile> file, const ZipEntry& entry);

}  // namespace saccade::io
