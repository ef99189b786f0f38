#include "core/pages.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <limits>
#include <new>

namespace saccade::core {
namespace {

std::align_val_t alignment_of(std::size_t bytes) noexcept {
  return std::align_val_t(bytes < huge_page ? cache_line : huge_page);
}

}  // namespace

void* allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes < huge_page) return ::operator new(bytes, alignment_of(bytes));
  if (bytes > std::numeric_limits<std::size_t>::max() - huge_page) throw std::bad_alloc();
  const std::size_t pages = (bytes + huge_page - 1) / huge_page * huge_page;
  void* const memory = ::operator new(pages, alignment_of(bytes));
#if defined(__linux__)
  madvise(memory, pages, MADV_HUGEPAGE);  // where it fails, pages stay small
#endif
  return memory;
}

void release(void* memory, std::size_t bytes) noexcept {
  ::operator delete(memory, alignment_of(bytes));
}

}  // namespace saccade::core
