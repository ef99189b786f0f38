#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saccade/views.hpp"

namespace saccade::pipeline {

/// Bytes that a window of sequences takes, as double: sums of the sizes in a hostile file do not overflow.
struct WindowBytes {
  double activations = 0;    ///< x, z, context
  double probabilities = 0;  ///< attention maps
  double scratch = 0;        ///< the layer's work memory

  [[nodiscard]] double buffers() const noexcept { return activations + probabilities; }
  [[nodiscard]] double total() const noexcept { return buffers() + scratch; }
};

/// The bytes of sequences first to last - 1. Must not shrink when a sequence is added or grows.
using WindowBytesOf = std::function<WindowBytes(std::int64_t first, std::int64_t last)>;

/// Where windows of whole sequences begin and end: n + 1 ascending sequence numbers, as offsets. Buffers and
/// scratch are each held at the size of their largest window, so each has a share of `max_memory` of its own.
/// A window has at most `most_activations` bytes of activations unless it is a single sequence. Throws
/// Error{memory_limit} where the longest sequence alone does not fit; its message names the sequence by
/// `name_of`.
[[nodiscard]] std::vector<std::int64_t> plan_windows(Offsets offsets, const WindowBytesOf& bytes_of,
                                                     double most_activations, std::uint64_t max_memory,
                                                     const std::function<std::string(std::int64_t)>& name_of);

}  // namespace saccade::pipeline
