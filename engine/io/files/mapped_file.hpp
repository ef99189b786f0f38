#pragma once

#include <cstddef>
#include <span>

#include "io/files/input_file.hpp"

namespace saccade::io {

/// A read-only memory map of a file. Pages are loaded on first access, and processes that map the same file
/// share them. Use it for data that stays in place, such as a table of which few rows are read; use InputFile
/// for one pass over a whole file. If the file is truncated while it is mapped, access to a lost page ends
/// the process with SIGBUS.
class MappedFile {
 public:
  MappedFile() = default;
  /// `file` may be closed afterwards. Throws Error{file_not_usable}.
  explicit MappedFile(const InputFile& file);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace saccade::io
