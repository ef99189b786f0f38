#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/random.hpp"

namespace saccade::bench {

/// Names that batch_offsets knows: 512 sequences as long as sentences are (log-normal, median 24, sigma 0.8,
/// 4 to 256 tokens), and sequences of one length, as many x as long.
inline constexpr const char* batches[] = {"mixed512", "128x32", "16x256", "1x16"};

/// A number of one to five digits, the first of which is not 0; 0 where `digits` is anything else.
inline std::int64_t count_in(const std::string& digits) {
  if (digits.empty() || digits.size() > 5 || digits[0] == '0') return 0;
  std::int64_t count = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return 0;
    count = count * 10 + (digit - '0');
  }
  return count;
}

/// Offsets of the sequences of a batch; none where it has no such name.
inline std::vector<std::int64_t> batch_offsets_or_none(const std::string& batch) {
  std::vector<std::int64_t> offsets = {0};
  if (batch == "mixed512") {
    for (const float x : random_values(512, 7)) {
      const double length = std::round(24.0 * std::exp(0.8 * static_cast<double>(x)));
      offsets.push_back(offsets.back() + static_cast<std::int64_t>(std::clamp(length, 4.0, 256.0)));
    }
    return offsets;
  }
  const std::size_t cross = std::min(batch.find('x'), batch.size());
  const std::int64_t sequences = count_in(batch.substr(0, cross));
  const std::int64_t length = cross < batch.size() ? count_in(batch.substr(cross + 1)) : 0;
  if (sequences == 0 || length == 0) return {};
  for (std::int64_t s = 1; s <= sequences; ++s) offsets.push_back(s * length);
  return offsets;
}

/// Offsets of the sequences of a batch.
inline std::vector<std::int64_t> batch_offsets(const std::string& batch) {
  std::vector<std::int64_t> offsets = batch_offsets_or_none(batch);
  if (offsets.empty()) throw std::invalid_argument("there is no batch '" + batch + "'");
  return offsets;
}

}  // namespace saccade::bench
