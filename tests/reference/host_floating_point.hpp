#pragma once

#include <cfenv>
#include <cstdint>

namespace saccade::test {

/// Sets another rounding mode and flushes subnormals to zero in this thread while it lives, as a host may
/// have set for its own computations.
class HostFloatingPoint {
 public:
  explicit HostFloatingPoint(int rounding) {
    std::fegetenv(&before_);
    std::fesetround(rounding);
#if defined(__SSE__)
    // flush to zero, denormals are zero
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#elif defined(__aarch64__)
    std::uint64_t control = 0;
    asm volatile("mrs %0, fpcr" : "=r"(control));
    asm volatile("msr fpcr, %0" : : "r"(control | std::uint64_t{1} << 24));  // flush to zero
#endif
  }
  HostFloatingPoint(const HostFloatingPoint&) = delete;
  HostFloatingPoint& operator=(const HostFloatingPoint&) = delete;
  ~HostFloatingPoint() {
    std::fesetenv(&before_);
  }

 private:
  std::fenv_t before_;
};

/// Whether subnormals are flushed to zero in this thread.
inline bool flushes_to_zero() {
  volatile float small = 0x1p-100f, smaller = 0x1p-40f;
  const volatile float product = small * smaller;
  return product == 0.0f;
}

}  // namespace saccade::test
