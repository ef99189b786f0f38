#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "io/files/file_descriptor.hpp"
#include "io/files/unfinished_file.hpp"
#include "io/json/json_value.hpp"

namespace saccade::io {

/// A file of JSON objects, one on each line, that records the progress of a job. A line is on the disk when
/// append() returns; an incomplete last line, as a crash leaves it, is dropped. Used by one process at a
/// time.
class Journal {
 public:
  /// Opens the file, or creates it. Throws Error{file_not_usable}, also where another process has it open.
  explicit Journal(std::filesystem::path path);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Removes a file that this object created unless keep() was called.
  ~Journal();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.name(); }
  /// Calls `line` with each complete line and its number from 1; append() continues after the last of them.
  /// Throws Error{file_format} naming the line that is no JSON object.
  void replay(const std::function<void(const JsonValue& object, std::int64_t number)>& line);
  /// Removes all lines.
  void clear();
  void append(const nlohmann::json& object);
  void keep() noexcept;
  void remove() noexcept;

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;     ///< bytes of the complete lines
  bool kept_ = false;          ///< it existed before, or keep() was called
  UnfinishedFile unfinished_;  ///< the file, unless it is kept
};

}  // namespace saccade::io
