#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "io/files/file_descriptor.hpp"
#include "io/json/json_value.hpp"

namespace saccade::io {

/// A file of JSON objects, one a line, that tells how far a job has come. A line is on the disk when append()
/// returns; one that a crash cut off counts as not written. Used by one process at a time.
class Journal {
 public:
  /// Opens what is there, or makes an empty one. Throws Error{file_not_usable}, also where another process
  /// has it open.
  explicit Journal(std::filesystem::path path);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Removes a file that was begun here unless keep() was called.
  ~Journal();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.name(); }
  /// Calls `line` with each complete line and its number from 1; appending goes on behind the last of them.
  /// Throws Error{file_format} naming the line that is no JSON object.
  void replay(const std::function<void(const JsonValue& object, std::int64_t number)>& line);
  /// Begins anew.
  void clear();
  void append(const nlohmann::json& object);
  void keep() noexcept { kept_ = true; }
  void remove() noexcept;

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;  ///< of the complete lines
  bool kept_ = false;       ///< it was there before, or keep() was called
};

}  // namespace saccade::io
