#include "core/floating_point.hpp"

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace saccade::core {
namespace {

/// Whether this thread rounds to nearest, keeps subnormals and masks exceptions; false where that cannot be
/// read.
bool usual_environment() noexcept {
#if defined(__x86_64__)
  constexpr unsigned raised = 0x3f;  // flags, not settings
  std::uint16_t x87 = 0;
  asm("fnstcw %0" : "=m"(x87));
  return (_mm_getcsr() & ~raised) == 0x1f80 && x87 == 0x37f;
#else
  return false;
#endif
}

}  // namespace

DefaultFloatingPoint::DefaultFloatingPoint() noexcept : usual_(usual_environment()) {
  if (usual_) return;
  std::fegetenv(&saved_);
  std::fesetenv(FE_DFL_ENV);
}

DefaultFloatingPoint::~DefaultFloatingPoint() {
  if (!usual_) std::fesetenv(&saved_);
}

}  // namespace saccade::core
