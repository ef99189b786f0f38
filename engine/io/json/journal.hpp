#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "io/files/crc32.hpp"
#include "io/files/locked_file.hpp"
#include "io/json/json_value.hpp"

namespace saccade::io {

/// A file of JSON objects, one on each line, that records the progress of a job. Each object ends with the
/// member "sum", eight hexadecimal digits: the CRC-32 of all bytes of the file before it. A line is on the
/// disk when append() returns. Used by one process at a time.
class Journal {
 public:
  /// Opens the file, or creates it. Nothing in it is changed before begin() or append(). Throws
  /// Error{file_not_usable}, also where another process has it open.
  explicit Journal(const std::filesystem::path& path) : file_(path) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  /// Calls `line` with each complete line and its number from 1; append() continues after the last of them.
  /// A last line that is incomplete or has a wrong sum, as a crash leaves it, is left out. Throws
  /// Error{file_format} for a wrong sum before that, and for a file that is no journal: its first line does
  /// not begin with a member "job", or has no sum.
  void replay(const std::function<void(const JsonValue& object, std::int64_t number)>& line);
  /// Removes all lines, and appends {"job": job}.
  void begin(const nlohmann::json& job);
  void append(const nlohmann::json& object);
  void keep() noexcept { file_.keep(); }
  void remove() noexcept { file_.remove(); }

 private:
  [[nodiscard]] bool may_be_begun() const;
  [[nodiscard]] Error damaged(std::int64_t number, const std::string& what) const;

  LockedFile file_;
  std::uint64_t size_ = 0;  ///< bytes of the lines that replay() took or append() wrote
  Crc32 crc_;               ///< of these bytes
};

}  // namespace saccade::io
