#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/carver.hpp"

namespace saccade::scheduler {

using core::Carver;

/// Scratch memory of an engine. Blocks are returned after each call and used again, so that memory is
/// allocated only for a call that needs more than any before it, and for more simultaneous calls than ever
/// before.
class ScratchPool {
 public:
  using Block = AlignedBuffer<std::byte>;

  /// Borrows a block while it lives.
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
  std::vector<Block> free_;  // with capacity for all blocks, so that giving back cannot fail
  std::size_t blocks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace saccade::scheduler
