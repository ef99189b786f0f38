#pragma once

#include <cstddef>

namespace saccade::core {

/// Memory that begins on a cache line. From huge_page on it is whole huge pages where the system has them:
/// kernels walk through megabytes in rows that lie kilobytes apart, and with small pages finding the pages
/// takes longer than the arithmetic. Throws std::bad_alloc.
[[nodiscard]] void* allocate(std::size_t bytes);
void release(void* memory, std::size_t bytes) noexcept;

inline constexpr std::size_t cache_line = 64;
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace saccade::core
