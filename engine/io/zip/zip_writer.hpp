#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "io/files/output_file.hpp"

namespace saccade::io {

struct ZipStream;

/// Writes a zip archive of stored entries, one after the other. The same entries give the same bytes: every
/// entry is dated 1980-01-01, as numpy does.
class ZipWriter {
 public:
  /// minizip 1.1 writes no zip64 end record for more entries than 16 bits count.
  static constexpr std::size_t most_entries = 65534;

  /// `file` must outlive the writer.
  explicit ZipWriter(OutputFile& file);
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;
  ~ZipWriter();

  /// `size`: bytes of the whole entry; decides whether it is written as zip64.
  void open_entry(const std::string& name, std::uint64_t size);
  void write(std::span<const std::byte> bytes);
  void close_entry();
  /// Writes the directory.
  void finish();

 private:
  void check(int status) const;

  std::unique_ptr<ZipStream> stream_;
  void* archive_ = nullptr;
};

}  // namespace saccade::io
