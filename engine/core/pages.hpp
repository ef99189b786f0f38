#pragma once

#include <cstddef>

namespace saccade::core {

/// Memory aligned to a cache line. From huge_page bytes on it is whole huge pages where the system has them:
/// kernels read rows that are kilobytes apart, and with small pages TLB misses take longer than the
/// arithmetic. Throws std::bad_alloc.
[[nodiscard]] void* allocate(std::size_t bytes);
void release(void* memory, std::size_t bytes) noexcept;

inline constexpr std::size_t cache_line = 64;
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace saccade::core
