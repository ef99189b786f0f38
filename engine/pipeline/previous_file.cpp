#include "pipeline/previous_file.hpp"

#include <unistd.h>

#include <atomic>
#include <string>
#include <system_error>

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

fs::path without_links(const fs::path& path) {
  std::error_code unknown;
  const fs::path place = fs::weakly_canonical(path, unknown);
  return unknown ? path : place;
}

}  // namespace

PreviousFile::PreviousFile(const fs::path& path) {
  std::error_code unknown;
  const fs::path place = without_links(path);
  const bool exists = fs::exists(place, unknown);
  if (exists && !fs::is_regular_file(place, unknown)) return;
  place_ = place;
  if (!exists) return;
  static std::atomic<int> count = 0;
  fs::path second = place;
  second.replace_filename(".saccade-" + std::to_string(::getpid()) + "-previous-" + std::to_string(count++) +
                          ".partial");
  std::error_code error;
  fs::create_hard_link(place, second, error);
  if (error) {
    place_.clear();  // a file system without hard links: the new file stays
  } else {
    kept_ = second;
  }
}

PreviousFile::~PreviousFile() {
  if (!kept_.empty()) ::unlink(kept_.c_str());
}

void PreviousFile::restore() noexcept {
  if (place_.empty()) return;
  if (kept_.empty()) {
    ::unlink(place_.c_str());
  } else if (::rename(kept_.c_str(), place_.c_str()) == 0) {
    kept_.clear();
  }
}

}  // namespace saccade::pipeline
