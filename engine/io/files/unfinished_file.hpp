#pragma once

#include <filesystem>

namespace saccade::io {

/// Registers a path that remove_unfinished_files() removes, until release() or the end of this object.
/// Register a path before the file is created, so that a signal between the two leaves no file.
class UnfinishedFile {
 public:
  UnfinishedFile() = default;
  explicit UnfinishedFile(const std::filesystem::path& path);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&& other) noexcept;
  ~UnfinishedFile() { release(); }

  /// The file stays: it is complete, is to be resumed, or has been removed.
  void release() noexcept;

 private:
  struct Entry;
  friend struct UnfinishedFiles;

  Entry* entry_ = nullptr;
};

}  // namespace saccade::io
