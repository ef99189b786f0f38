#pragma once

#include <cstddef>
#include <span>

#include "io/files/input_file.hpp"

namespace saccade::io {

/// The bytes of a file in memory, read-only, as long as this object lives: pages come from the disk when they
/// are touched, and processes that map the same file share them. For what stays in place, as a table of which
/// few rows are ever read; a pass over a whole file is InputFile's. Sizes are those of the file when it was
/// opened: who truncates it afterwards ends the process by SIGBUS when a lost page is touched.
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
