#pragma once

#include <filesystem>

namespace saccade::pipeline {

/// What a name on disk held before a file was committed under it: that file, or nothing. Devices hold
/// nothing.
class PreviousFile {
 public:
  explicit PreviousFile(const std::filesystem::path& path);
  PreviousFile(const PreviousFile&) = delete;
  PreviousFile& operator=(const PreviousFile&) = delete;
  ~PreviousFile();

  /// Takes the new file away again.
  void restore() noexcept;

 private:
  std::filesystem::path place_;  ///< without links; empty for devices
  std::filesystem::path kept_;   ///< the previous file's second name; empty: there was none
};

}  // namespace saccade::pipeline
