#pragma once

#include <cstddef>

namespace saccade::kernels {

/// Reads `count` values once. The result depends on all of them, so that the compiler keeps the reads.
struct ReadAll {
  const float* data;
  std::ptrdiff_t count;
};

}  // namespace saccade::kernels
