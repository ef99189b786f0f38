#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "saccade/error.hpp"

namespace saccade::fuzz {

/// A folder in memory, where there is /dev/shm, for the files that a target reads. Removed at the end.
class MemoryFolder {
 public:
  MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  ~MemoryFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  /// Writes a file, over one of the same name.
  std::filesystem::path write(const std::string& name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

/// The fuzzer's bytes as text.
[[nodiscard]] inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// The directory of saccade-mini, the encoder that comes with the command.
[[nodiscard]] std::filesystem::path sample_model();

/// Aborts with a message, which is a finding, unless `holds`.
void require(bool holds, const char* what);

/// Calls what may throw an Error, of a bounded message. Any other exception is a finding.
template <class Call>
void errors_only(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    require(std::string_view(error.what()).size() < 5000, "a message without an end");
  }
}

}  // namespace saccade::fuzz
