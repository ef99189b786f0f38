#pragma once

#include <cstdint>

namespace saccade::test {

/// Whether allocations are counted in this build: not under a sanitizer, which has an allocator of its own.
bool allocations_are_counted() noexcept;

/// Calls of malloc and its kin, those of operator new among them, in all threads since the program began.
std::int64_t allocations() noexcept;

/// Lets allocation number `n` from here on in this thread fail, 1 or more; 0: none. Returns whether one that
/// was to fail before has failed.
bool fail_allocation(std::int64_t n) noexcept;

}  // namespace saccade::test
