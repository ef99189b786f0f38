#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/carver.hpp"

namespace saccade::scheduler {

using core::Carver;

/// Scratch memory of an engine. Blocks come back after each call and are used again: only a call that is
/// larger than any before it, or more calls at once than ever before, allocate.
class ScratchPool {
 public:
  using Block = AlignedBuffer<std::byte>;

  /// A block that is the caller's until the lease ends.
  class Lease {
   public:
    Lease(ScratchPool& pool, std::size_t bytes) : pool_(pool), block_(pool.take(bytes)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(block_)); }

    [[nodiscard]] std::byte* memory() noexcept { return block_.data(); }

   private:
    ScratchPool& pool_;
    Block block_;
  };

  void reserve(std::size_t bytes);
  [[nodiscard]] std::size_t bytes() const;

 private:
  Block take(std::size_t bytes);
  void add(std::size_t bytes);
  void give_back(Block block) noexcept;

  mutable std::mutex mutex_;
  std::vector<Block> free_;  // its capacity is that of all blocks, so that giving back cannot fail
  std::size_t blocks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace saccade::scheduler
