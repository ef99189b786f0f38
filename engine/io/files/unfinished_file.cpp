#include "io/files/unfinished_file.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "saccade/unfinished_files.hpp"

namespace saccade::io {

/// A place for a path in a list that only grows, so that a signal handler can walk it at any moment.
struct UnfinishedFile::Entry {
  std::atomic<bool> owned = true;
  std::atomic<const char*> path = nullptr;
  std::atomic<const char*> removed = nullptr;  ///< a path whose file is gone, for its owner to free
  Entry* next = nullptr;
};
static_assert(std::atomic<const char*>::is_always_lock_free, "read by signal handlers");

struct UnfinishedFiles {
  using Entry = UnfinishedFile::Entry;
  static inline std::atomic<Entry*> first = nullptr;

  static Entry* add(std::unique_ptr<char[]> path) {
    Entry* const entry = free_entry();
    entry->path = path.release();
    return entry;
  }

  static Entry* free_entry() {
    for (Entry* entry = first; entry != nullptr; entry = entry->next)
      if (!entry->owned.exchange(true)) return entry;
    auto* const entry = new Entry;
    entry->next = first;
    while (!first.compare_exchange_weak(entry->next, entry)) {
    }
    return entry;
  }

  static void remove_all() noexcept {
    // A path is taken while it is used: its owner, which may run at the same time, must not free it.
    for (Entry* entry = first; entry != nullptr; entry = entry->next) {
      const char* const path = entry->path.exchange(nullptr);
      if (path == nullptr) continue;
      ::unlink(path);
      entry->removed = path;
    }
  }
};

UnfinishedFile::UnfinishedFile(const std::filesystem::path& path) {
  const std::string text = std::filesystem::absolute(path).string();
  auto copy = std::make_unique<char[]>(text.size() + 1);
  std::memcpy(copy.get(), text.c_str(), text.size() + 1);
  entry_ = UnfinishedFiles::add(std::move(copy));
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : entry_(std::exchange(other.entry_, nullptr)) {}

UnfinishedFile& UnfinishedFile::operator=(UnfinishedFile&& other) noexcept {
  std::swap(entry_, other.entry_);
  return *this;
}

void UnfinishedFile::release() noexcept {
  if (entry_ == nullptr) return;
  // In this order: a path whose file is removed in between is found in the second place.
  delete[] entry_->path.exchange(nullptr);
  delete[] entry_->removed.exchange(nullptr);
  entry_->owned = false;
  entry_ = nullptr;
}

}  // namespace saccade::io

namespace saccade {

void remove_unfinished_files() noexcept {
  const int error = errno;
  io::UnfinishedFiles::remove_all();
  errno = error;
}

}  // namespace saccade
