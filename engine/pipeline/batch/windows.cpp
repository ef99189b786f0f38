#include "pipeline/batch/windows.hpp"

#include <algorithm>
#include <cmath>

#include "core/as_size.hpp"
#include "saccade/error.hpp"

namespace saccade::pipeline {
namespace {

using core::as_size;

std::int64_t longest_sequence(Offsets offsets) {
  std::int64_t longest = 0;
  const auto length = [&](std::int64_t s) { return offsets[as_size(s) + 1] - offsets[as_size(s)]; };
  for (std::int64_t s = 1; s + 1 < static_cast<std::int64_t>(offsets.size()); ++s) {
    if (length(s) > length(longest)) longest = s;
  }
  return longest;
}

std::string whole_bytes(double bytes) {
  // Beyond 2^63 the number of digits says enough.
  return std::to_string(static_cast<std::uint64_t>(std::ceil(std::min(bytes, 0x1p63))));
}

/// The shares of max_memory, in proportion to what the longest sequence takes.
struct Limits {
  double activations;
  double buffers;
  double scratch;

  [[nodiscard]] bool allow(const WindowBytes& bytes) const noexcept {
    return bytes.activations <= activations && bytes.buffers() <= buffers && bytes.scratch <= scratch;
  }
};

}  // namespace

std::vector<std::int64_t> plan_windows(Offsets offsets, const WindowBytesOf& bytes_of,
                                       double most_activations, std::uint64_t max_memory,
                                       const std::function<std::string(std::int64_t)>& name_of) {
  const auto sequences = static_cast<std::int64_t>(offsets.size()) - 1;
  std::vector<std::int64_t> begins = {0};
  if (sequences == 0) return begins;
  const std::int64_t longest = longest_sequence(offsets);
  const WindowBytes least = bytes_of(longest, longest + 1);
  if (least.total() > static_cast<double>(max_memory)) {
    throw Error(ErrorCode::memory_limit, name_of(longest) + " needs " + whole_bytes(least.total()) +
                                             " bytes of work memory, the limit is " +
                                             std::to_string(max_memory));
  }
  const double share = static_cast<double>(max_memory) / std::max(least.total(), 1.0);
  const Limits limits = {std::max(most_activations, least.activations), least.buffers() * share,
                         least.scratch * share};
  for (std::int64_t count = sequences; begins.back() < sequences;) {
    const std::int64_t first = begins.back();
    // Tries twice the window before, then halves: a few steps for any mixture of lengths.
    count = std::min(2 * count, sequences - first);
    while (count > 1 && !limits.allow(bytes_of(first, first + count))) count = (count + 1) / 2;
    begins.push_back(first + count);
  }
  return begins;
}

}  // namespace saccade::pipeline
