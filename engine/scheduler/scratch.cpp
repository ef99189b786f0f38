#include "scheduler/scratch.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "saccade/error.hpp"

namespace saccade::scheduler {

/// Takes the smallest free block that is large enough; else replaces the largest free one by a new one.
ScratchPool::Block ScratchPool::take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto smaller = [](const Block& a, const Block& b) { return a.size() < b.size(); };
  const auto fits = [bytes](const Block& block) { return block.size() >= bytes; };
  std::sort(free_.begin(), free_.end(), smaller);
  auto found = std::find_if(free_.begin(), free_.end(), fits);
  if (found == free_.end()) {
    if (free_.empty()) {
      free_.reserve(blocks_ + 1);
      ++blocks_;
    } else {
      bytes_ -= free_.back().size();
      free_.pop_back();
    }
    add(bytes);
    found = free_.end() - 1;
  }
  Block block = std::move(*found);
  free_.erase(found);
  return block;
}

void ScratchPool::add(std::size_t bytes) {
  try {
    free_.emplace_back(bytes);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::memory_limit, "no memory for " + std::to_string(bytes) + " bytes of scratch");
  }
  bytes_ += bytes;
}

void ScratchPool::give_back(Block block) noexcept {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(block));
}

void ScratchPool::reserve(std::size_t bytes) {
  const Lease lease(*this, bytes);
}

std::size_t ScratchPool::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace saccade::scheduler
