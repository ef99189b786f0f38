// Counts allocations by standing before the C library's allocator, whatever calls it: this project, the C++
// library or oneTBB.

#include "reference/allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SACCADE_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SACCADE_TEST_SANITIZED
#endif

#if defined(__GLIBC__) && !defined(SACCADE_TEST_SANITIZED)

namespace {
std::atomic<std::int64_t> count = 0;
thread_local constinit std::int64_t until_failure = 0;  // 0: none fails
thread_local constinit bool has_failed = false;

/// Counts an allocation; false: it has to fail.
bool counted() noexcept {
  ++count;
  if (until_failure == 0 || --until_failure != 0) return true;
  has_failed = true;
  errno = ENOMEM;
  return false;
}
}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t n, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  if (!counted()) return nullptr;
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  if (!counted()) return nullptr;
  return __libc_calloc(n, size);
}
void* realloc(void* memory, std::size_t size) {
  if (!counted()) return nullptr;
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  if (!counted()) return nullptr;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  if (!counted()) return nullptr;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  if (!counted()) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace saccade::test {

bool allocations_are_counted() noexcept {
  return true;
}
std::int64_t allocations() noexcept {
  return count;
}
bool fail_allocation(std::int64_t n) noexcept {
  const bool failed = has_failed;
  has_failed = false;
  until_failure = n;
  return failed;
}

}  // namespace saccade::test

#else

namespace saccade::test {

bool allocations_are_counted() noexcept {
  return false;
}
std::int64_t allocations() noexcept {
  return 0;
}
bool fail_allocation(std::int64_t) noexcept {
  return false;
}

}  // namespace saccade::test

#endif
