#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "random.hpp"

namespace saccade::bench {

/// Names that batch_offsets knows: 512 sequences as long as sentences are (log-normal, median 24, sigma 0.8,
/// 4 to 256 tokens), and sequences of one length, as many x as long.
inline constexpr const char* batches[] = {"mixed512", "128x32", "16x256", "1x16"};

/// Offsets of the sequences of a batch.
inline std::vector<std::int64_t> batch_offsets(const std::string& batch) {
  std::vector<std::int64_t> offsets = {0};
  if (batch == "mixed512") {
    for (const float x : random_values(512, 7)) {
      const double length = std::round(24.0 * std::exp(0.8 * static_cast<double>(x)));
      offsets.push_back(offsets.back() + static_cast<std::int64_t>(std::clamp(length, 4.0, 256.0)));
    }
    return offsets;
  }
  const std::size_t cross = batch.find('x');
  const std::int64_t sequences = std::stoll(batch.substr(0, cross));
  const std::int64_t length = std::stoll(batch.substr(cross + 1));
  for (std::int64_t s = 1; s <= sequences; ++s) offsets.push_back(s * length);
  return offsets;
}

}  // namespace saccade::bench
