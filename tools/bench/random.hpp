#pragma once

#include <cstdint>
#include <vector>

namespace saccade::bench {

/// Numbers like those of a normal distribution (mean 0, deviation 1), the same on every machine.
inline std::vector<float> random_values(std::size_t n, std::uint64_t seed) {
  std::vector<float> values(n);
  for (float& value : values) {
    float sum = 0;  // of four uniform numbers in [-1, 1)
    for (int i = 0; i < 4; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<float>(static_cast<std::int32_t>(seed >> 32)) * 0x1p-31f;
    }
    value = sum * 0.866f;
  }
  return values;
}

}  // namespace saccade::bench
