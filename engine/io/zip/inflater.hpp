#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/files/input_file.hpp"
#include "io/zip/zip_directory.hpp"

namespace saccade::io {

/// Inflates an entry from its beginning, piece by piece. The arguments must outlive it.
class Inflater {
 public:
  Inflater(InputFile& file, const ZipEntry& entry);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// The number of uncompressed bytes read so far.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// Reads the next out.size() bytes. Throws Error{file_format} where the entry is corrupt or ends too early.
  void read(std::span<std::byte> out);

 private:
  std::size_t read_some(std::span<std::byte> out);
  void refill();
  void check(int status, std::size_t produced) const;

  InputFile& file_;
  const ZipEntry& entry_;
  std::uint64_t position_ = 0;
  std::uint64_t consumed_ = 0;  ///< compressed bytes read from the file
  std::vector<std::byte> input_;
  z_stream stream_ = {};
};

}  // namespace saccade::io
